package chaos

import (
	"context"
	crypto "crypto/rand"
	"encoding/base64"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/payhub/payhub/connectors/sdk"
)

// live starts instances that wait for a worker who never comes, each with so many bytes of variables, which cannot be compressed. It
// returns when all were acknowledged.
func (a *arena) live(instances, bytes int) {
	a.Helper()
	_, err := a.doors.All[0].Client.Deploy(a.ctx, sdk.Resource{Name: "chaos-gone.bpmn", Content: []byte(goneFlow)})
	a.must(err)
	began := time.Now()
	var next atomic.Int64
	var all sync.WaitGroup
	for c := range 64 {
		all.Go(func() {
			noise := make([]byte, bytes*3/4)
			for n := next.Add(1); n <= int64(instances) && a.ctx.Err() == nil; n = next.Add(1) {
				_, _ = crypto.Read(noise) // it never fails
				once := sdk.Once{OnceKey: sdk.OnceKey{Tenant: "chaos", API: "live", Key: fmt.Sprint(n)}, BodyHash: []byte{1}, ProcessID: "chaos-gone"}
				once.Variables = map[string]string{"noise": base64.StdEncoding.EncodeToString(noise)}
				for door := c; !a.begun(door, once) && a.ctx.Err() == nil; door++ {
					a.calm(50 * time.Millisecond)
				}
			}
		})
	}
	all.Wait()
	a.Logf("%d instances with %d bytes each are live after %s", instances, bytes, time.Since(began).Round(time.Second))
}

// begun asks a node for an instance, which it may have begun already.
func (a *arena) begun(door int, once sdk.Once) bool {
	ctx, cancel := context.WithTimeout(a.ctx, 10*time.Second)
	defer cancel()
	_, _, err := a.doors.All[door%len(a.doors.All)].Client.CreateOnce(ctx, once)
	return err == nil
}

package cluster

import (
	"context"
	"embed"
	"fmt"
	"path"
	"sync"
	"sync/atomic"
	"time"

	"github.com/payhub/payhub/connectors/sdk"
)

//go:embed flows/*.bpmn
var files embed.FS

// deploy deploys every flow through one member.
func (g *group) deploy(member int) {
	g.t.Helper()
	entries, err := files.ReadDir("flows")
	g.must(err)
	var all []sdk.Resource
	for _, e := range entries {
		text, err := files.ReadFile(path.Join("flows", e.Name()))
		g.must(err)
		all = append(all, sdk.Resource{Name: e.Name(), Content: text})
	}
	g.waitFor(20*time.Second, "the flows are deployed", func() error {
		_, err := g.clients[member].Deploy(g.t.Context(), all...)
		return err
	})
}

// traffic are clients that start instances all the time, one at each member.
type traffic struct {
	g       *group
	stop    context.CancelFunc
	running sync.WaitGroup
	prefix  string

	done, again atomic.Int64
	mu          sync.Mutex
	failures    []string
	longest     time.Duration
}

// patience is how long a client tries again before a request counts as failed.
const patience = 10 * time.Second

// busy starts traffic. A patient client tries again elsewhere; of another each error counts.
func (g *group) busy(patient bool) *traffic {
	ctx, stop := context.WithCancel(g.t.Context())
	t := &traffic{g: g, stop: stop, prefix: fmt.Sprint(time.Now().UnixNano())}
	for i := range g.members {
		t.running.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				t.one(ctx, i, n, patient)
				select {
				case <-ctx.Done():
				case <-time.After(5 * time.Millisecond):
				}
			}
		})
	}
	g.t.Cleanup(func() { t.stop(); t.running.Wait() })
	return t
}

// one starts one instance.
func (t *traffic) one(ctx context.Context, member, n int, patient bool) {
	key := fmt.Sprintf("%s-%d-%d", t.prefix, member, n)
	once := sdk.Once{OnceKey: sdk.OnceKey{Tenant: "t", API: "cluster", Key: key}, BodyHash: []byte{1}, ProcessID: "at-once", Variables: map[string]any{"key": key}}
	began := time.Now()
	for try := 0; ; try++ {
		asked, cancel := context.WithTimeout(ctx, 5*time.Second)
		_, _, err := t.g.clients[(member+try)%len(t.g.clients)].CreateOnce(asked, once)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			t.done.Add(1)
			t.mu.Lock()
			t.longest = max(t.longest, time.Since(began))
			t.mu.Unlock()
			return
		}
		if !patient || time.Since(began) > patience {
			t.mu.Lock()
			t.failures = append(t.failures, fmt.Sprintf("%v at node %d after %d tries: %v", time.Since(began).Round(time.Millisecond), member, try+1, err))
			t.mu.Unlock()
			return
		}
		t.again.Add(1)
		time.Sleep(20 * time.Millisecond)
	}
}

// end stops the traffic. No request may have failed, and the cluster must have been busy.
func (t *traffic) end(what string) {
	t.g.t.Helper()
	t.stop()
	t.running.Wait()
	t.g.t.Logf("%s: %d instances started, %d tries again, %d failed, longest %v", what, t.done.Load(), t.again.Load(), len(t.failures), t.longest.Round(time.Millisecond))
	for _, f := range t.failures[:min(len(t.failures), 5)] {
		t.g.t.Errorf("%s: %s", what, f)
	}
	if len(t.failures) > 5 {
		t.g.t.Errorf("… and %d more", len(t.failures)-5)
	}
	if t.done.Load() == 0 {
		t.g.t.Errorf("%s: nothing was done, which proves nothing", what)
	}
}

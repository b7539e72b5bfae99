package badinput_test

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/test/payments/dev"
)

// Ten thousand bad requests as fast as they can be sent, over HTTP and gRPC: each is refused, good payments beside
// them go through, and the process neither grows without end nor fills its data folder.
func TestAFloodOfBadRequests(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	g := gatewaypb.NewGatewayClient(p.Dial())
	const each = 5000
	before := resident(t, p)
	var sent atomic.Int64
	var senders sync.WaitGroup
	flood := func(send func(i int64) string) {
		for range 8 {
			senders.Go(func() {
				for i := sent.Add(1); i <= each; i = sent.Add(1) {
					if wrong := send(i); wrong != "" {
						t.Errorf("bad request %d: %s", i, wrong)
						return
					}
				}
			})
		}
	}
	flood(func(i int64) string {
		c := badTransfers[int(i)%len(badTransfers)]
		if len(c.body) > 1<<20 {
			return ""
		}
		a, err := p.Try(http.MethodPost, "/channel/transfer", c.body, headers(fmt.Sprint("flood-", i), c.header)...)
		if err != nil || a.Status != c.status {
			return fmt.Sprintf("%s: %d %v", c.name, a.Status, err)
		}
		return ""
	})
	expectPayment(t, p, "beside the flood")
	senders.Wait()
	sent.Store(0)
	flood(func(i int64) string {
		_, err := g.CompleteJob(t.Context(), &gatewaypb.CompleteJobRequest{JobKey: 1<<51 + 1_000_000_000 + i})
		if status.Code(err) != codes.NotFound {
			return fmt.Sprint(err)
		}
		return ""
	})
	expectPayment(t, p, "beside the second flood")
	senders.Wait()
	expectPayment(t, p, "after the flood")
	p.CheckBooks()
	if grown := resident(t, p) - before; grown > 200<<20 {
		t.Errorf("it takes %d MiB more memory than before", grown>>20)
	}
	if a := p.Manage("/health/ready"); a.Status != http.StatusOK {
		t.Errorf("ready: %d %s", a.Status, a.Body)
	}
}

// resident is the memory of a process in bytes, 0 where it cannot be seen.
func resident(t *testing.T, p *dev.Process) int64 {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	var total, pages int64
	if _, err := fmt.Sscan(string(text), &total, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

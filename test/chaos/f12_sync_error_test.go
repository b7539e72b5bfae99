package chaos

import (
	"fmt"
	"testing"
	"time"

	"github.com/payhub/payhub/test/chaos/disk"
)

// TestF12SyncError lets syncs of the leader's disk fail. It must stop at once, because nothing that it acknowledged later could be
// trusted; the others go on, and after a start it is one of them again.
func TestF12SyncError(t *testing.T) {
	if err := disk.InjectionMissing(); err != nil {
		t.Skip(err)
	}
	a := enter(t, form{})
	a.calm(2 * time.Second)
	var slowest time.Duration
	for i := range rounds(t, 2, 20) {
		n := a.leader(1 + i%a.cluster.Partitions)
		a.harm(fmt.Sprintf("syncs of node %d fail", n.ID), func() error {
			in, err := disk.Inject(n.Pid(), disk.Syncs, "error=EIO")
			if err != nil {
				t.Skipf("strace cannot be used here: %v", err)
			}
			failed := time.Now()
			ended, exit := n.Ended(10 * time.Second)
			slowest = max(slowest, time.Since(failed))
			if !ended {
				return fmt.Errorf("node %d runs on with a disk that fails: %w", n.ID, in.End())
			}
			if exit == nil {
				return fmt.Errorf("node %d ended with exit code 0, though its disk failed", n.ID)
			}
			return in.End()
		})
		a.calm(time.Second)
		a.restart(n)
		a.calm(time.Second)
	}
	a.note = fmt.Sprintf("stopped after at most %s", slowest.Round(time.Millisecond))
	a.settle("F12 sync fails")
	if slowest > time.Second {
		t.Errorf("a node stopped only %s after its disk failed", slowest)
	}
}

package chaos

import (
	"fmt"
	"testing"
	"time"
)

// TestF15DiskLost takes the whole disk of a node away, and starts it again as the same node: it comes back as a new generation,
// catches up and votes. CHAOS_STATE_MIB says how much state there is besides that of the load.
func TestF15DiskLost(t *testing.T) {
	a := enter(t, form{settings: map[string]string{"engine.snapshot.interval": "3s"}})
	mib := int(setting(t, "CHAOS_STATE_MIB", 0))
	a.live(mib*10, 1<<20/10)
	a.calm(5 * time.Second)
	var slowest time.Duration
	for i := range rounds(t, 1, 10) {
		n := a.cluster.Nodes[(2+i)%3]
		a.harm(fmt.Sprintf("node %d loses its disk", n.ID), func() error {
			if err := n.Kill(); err != nil {
				return err
			}
			return n.Wipe()
		})
		a.calm(2 * time.Second)
		began := time.Now()
		a.restart(n)
		a.votes(n)
		slowest = max(slowest, time.Since(began))
		a.calm(2 * time.Second)
	}
	a.note = fmt.Sprintf("votes again after at most %s, with %d MiB more of state", slowest.Round(time.Millisecond), mib)
	a.settle("F15 disk lost")
	if slowest > 30*time.Second {
		t.Errorf("a node without disk voted again only after %s", slowest)
	}
}

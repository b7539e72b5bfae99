package chaos

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// TestF02KillAll kills all nodes at once and starts them again; CHAOS_LIVE says how many instances wait then besides those of the load.
func TestF02KillAll(t *testing.T) {
	a := enter(t, form{})
	var slowest time.Duration
	instances := int(setting(t, "CHAOS_LIVE", 0))
	a.live(instances, 100)
	a.calm(3 * time.Second)
	for range rounds(t, 2, 20) {
		a.harm("kill all nodes", func() error {
			var errs []error
			for _, n := range a.cluster.Nodes {
				errs = append(errs, n.Kill())
			}
			return errors.Join(errs...)
		})
		began := time.Now()
		a.restart(a.cluster.Nodes...)
		a.must(a.cluster.Whole(a.ctx))
		slowest = max(slowest, time.Since(began))
		a.calm(a.between(2*time.Second, 4*time.Second))
	}
	a.note = fmt.Sprintf("whole again after at most %s, with %d more live instances", slowest.Round(time.Millisecond), instances)
	a.settle("F2 all killed")
	if slowest > 10*time.Second {
		t.Errorf("the cluster was whole only %s after all nodes were started", slowest)
	}
}

package chaos

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// TestF02KillAll kills all nodes at once and starts them again.
func TestF02KillAll(t *testing.T) {
	a := enter(t, form{})
	var slowest time.Duration
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
	a.note = fmt.Sprintf("whole again after at most %s", slowest.Round(time.Millisecond))
	a.settle("F2 all killed")
	if slowest > 10*time.Second {
		t.Errorf("the cluster was whole only %s after all nodes were started", slowest)
	}
}

package chaos

import (
	"fmt"
	"testing"
	"time"
)

// TestF03RollingRestart asks each node in turn to end and starts it again, as an upgrade does. No request may fail for good, and
// writes must hardly stand still.
func TestF03RollingRestart(t *testing.T) {
	a := enter(t, form{})
	a.calm(2 * time.Second)
	for range rounds(t, 1, 10) {
		for _, n := range a.cluster.Nodes {
			a.harm(fmt.Sprintf("ask node %d to end", n.ID), n.Terminate)
			a.restart(n)
			a.must(a.cluster.Whole(a.ctx))
			a.calm(2 * time.Second)
		}
	}
	a.settle("F3 rolling restart")
	a.gapsBelow(time.Second, time.Second)
}

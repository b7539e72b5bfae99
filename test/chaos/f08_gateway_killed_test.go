package chaos

import (
	"fmt"
	"testing"
	"time"
)

// TestF08GatewayKilled kills each node in turn, whether it leads or not: all clients and workers connect again, and go on through
// the others.
func TestF08GatewayKilled(t *testing.T) {
	onlyLong(t)
	a := enter(t, form{})
	a.calm(2 * time.Second)
	for i := range rounds(t, 3, 20) {
		n := a.cluster.Nodes[i%len(a.cluster.Nodes)]
		a.harm(fmt.Sprintf("kill node %d", n.ID), n.Kill)
		before := a.load.Acknowledged()
		took := eventually(t, 5*time.Second, "clients go on through the other nodes", func() bool { return a.load.Acknowledged() >= before+5 })
		if took > 2*time.Second {
			t.Errorf("clients went on only after %s", took)
		}
		a.restart(n)
		a.calm(a.between(time.Second, 3*time.Second))
	}
	a.settle("F8 gateways killed")
}

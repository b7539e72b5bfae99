package chaos

import (
	"fmt"
	"testing"
	"time"
)

// TestF01KillLeader kills the leader of a partition, again and again, and starts it anew each time.
func TestF01KillLeader(t *testing.T) {
	a := enter(t, form{})
	a.calm(2 * time.Second)
	for i := range rounds(t, 4, 60) {
		n := a.leader(1 + i%a.cluster.Partitions)
		a.harm(fmt.Sprintf("kill node %d, which leads partition %d", n.ID, 1+i%a.cluster.Partitions), n.Kill)
		a.calm(a.between(1*time.Second, 3*time.Second))
		a.restart(n)
		a.calm(a.between(500*time.Millisecond, 2*time.Second))
	}
	a.settle("F1 leader killed")
	a.gapsBelow(2*time.Second, 3*time.Second)
}

package chaos

import (
	"fmt"
	"testing"
	"time"
)

// TestF04Freeze stops the leader of a partition as a long pause does, and lets it go on: what it answers late must not be wrong.
func TestF04Freeze(t *testing.T) {
	a := enter(t, form{})
	a.calm(2 * time.Second)
	longest := 4 * time.Second
	if long() {
		longest = 15 * time.Second
	}
	for i := range rounds(t, 3, 20) {
		n := a.leader(1 + i%a.cluster.Partitions)
		a.harm(fmt.Sprintf("freeze node %d", n.ID), n.Freeze)
		a.calm(a.between(time.Second, longest))
		a.must(n.Thaw())
		a.calm(a.between(time.Second, 2*time.Second))
	}
	a.settle("F4 leader frozen")
	a.gapsBelow(2*time.Second, 3*time.Second)
}

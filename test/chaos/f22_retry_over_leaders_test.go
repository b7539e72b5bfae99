package chaos

import (
	"fmt"
	"testing"
	"time"
)

// TestF22RetryOverLeaders kills the leader of each partition in turn while the same payment is sent fifty times, whose callers
// repeat it until they are answered. That a repeat is known long after is a matter of the engine's clock, and tested there.
func TestF22RetryOverLeaders(t *testing.T) {
	onlyLong(t)
	a := enter(t, form{})
	a.calm(2 * time.Second)
	for i := range rounds(t, 3, 20) {
		n := a.leader(1 + i%a.cluster.Partitions)
		a.harm(fmt.Sprintf("the same payment, fifty times at once, and node %d is killed", n.ID), func() error {
			var err error
			a.fifty(fmt.Sprintf("same-%d", i), func() {
				a.calm(a.between(0, 30*time.Millisecond))
				err = n.Kill()
			})
			return err
		})
		a.restart(n)
		a.calm(2 * time.Second)
	}
	a.settle("F22 retries over leaders")
}

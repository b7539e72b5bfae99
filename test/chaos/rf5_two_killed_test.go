package chaos

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// TestRF5TwoKilled runs five nodes with five copies of each partition, and kills two nodes at once, among them a leader.
func TestRF5TwoKilled(t *testing.T) {
	onlyLong(t)
	a := enter(t, form{nodes: 5})
	a.calm(2 * time.Second)
	for i := range rounds(t, 3, 20) {
		one := a.leader(1 + i%a.cluster.Partitions)
		other := a.others(one)[a.dice.IntN(4)]
		a.harm(fmt.Sprintf("nodes %d and %d are killed at once", one.ID, other.ID), func() error { return errors.Join(one.Kill(), other.Kill()) })
		a.calm(a.between(2*time.Second, 4*time.Second))
		a.restart(one, other)
		a.calm(2 * time.Second)
	}
	a.settle("RF5 two killed")
	a.gapsBelow(2*time.Second, 4*time.Second)
}

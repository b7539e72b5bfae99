package chaos

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/payhub/payhub/test/chaos/network"
)

// TestF06Loss loses packets between all nodes.
func TestF06Loss(t *testing.T) {
	onlyLong(t)
	net := namespaces(t, 3)
	a := enter(t, form{network: net})
	a.calm(2 * time.Second)
	for i := range rounds(t, 3, 12) {
		perMille := []int{10, 50, 200}[i%3]
		a.harm(fmt.Sprintf("%d of 1000 packets are lost", perMille), func() error {
			var errs []error
			for _, p := range pairs(3) {
				errs = append(errs, net.Lose(p[0], p[1], perMille))
			}
			return errors.Join(errs...)
		})
		a.calm(6 * time.Second)
		a.must(net.Heal())
		a.calm(time.Second)
	}
	a.settle("F6 loss")
}

// TestF06Delay delays, jitters and throttles what nodes send to each other, and resets their connections. At 20 ms nobody may
// lose the leadership by it; at 200 ms in each direction, which is more than a heartbeat waits, nobody may keep it.
func TestF06Delay(t *testing.T) {
	onlyLong(t)
	net := proxied(t)
	a := enter(t, form{network: net})
	a.calm(2 * time.Second)
	rules := []network.Rule{
		{Delay: 20 * time.Millisecond},
		{Delay: 5 * time.Millisecond, Jitter: 50 * time.Millisecond},
		{Delay: 200 * time.Millisecond},
		{BytesPerSecond: 256 << 10},
	}
	for i := range rounds(t, 5, 20) {
		if i%5 == 4 {
			a.harm("all connections between nodes are reset, again and again", func() error {
				for range 20 {
					for _, p := range pairs(3) {
						net.Reset(p[0], p[1])
					}
					a.calm(300 * time.Millisecond)
				}
				return nil
			})
			continue
		}
		rule, before := rules[i%5], [3]int{}
		if i%5 == 0 {
			before = a.leaders()
		}
		a.harm(fmt.Sprintf("%+v", rule), func() error {
			for _, p := range pairs(3) {
				net.Set(p[0], p[1], rule)
			}
			return nil
		})
		a.calm(8 * time.Second)
		if i%5 == 0 {
			if after := a.leaders(); after != before {
				a.Errorf("at a delay of 20 ms leaders changed: %v, then %v", before, after)
			}
		}
		net.Heal()
		a.calm(2 * time.Second)
	}
	a.settle("F6 delay")
}

// leaders are the leaders of the first three partitions.
func (a *arena) leaders() (ids [3]int) {
	a.Helper()
	for i := range ids {
		ids[i] = a.leader(i + 1).ID
	}
	return ids
}

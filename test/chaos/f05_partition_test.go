package chaos

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/test/chaos/fleet"
	"github.com/payhub/payhub/test/chaos/network"
	"github.com/payhub/payhub/test/chaos/work"
)

// TestF05Partition cuts the network between nodes in the kernel: the leader is alone; it can send and hears nothing, or the
// other way round; two nodes cannot speak while the third hears both. The rest must go on, and who is alone must refuse.
func TestF05Partition(t *testing.T) {
	net := namespaces(t, 3)
	a := enter(t, form{network: net})
	a.calm(2 * time.Second)
	cuts := []struct {
		name string
		make func(leader, one, other int) error
	}{
		{"the leader is alone", func(l, one, other int) error { return net.Isolate(l, one, other) }},
		{"the leader is not heard", func(l, one, other int) error { return errors.Join(net.Cut(l, one), net.Cut(l, other)) }},
		{"the leader hears nobody", func(l, one, other int) error { return errors.Join(net.Cut(one, l), net.Cut(other, l)) }},
		{"the leader and one other do not hear each other", func(l, one, _ int) error { return net.Isolate(l, one) }},
	}
	length := 4 * time.Second
	if long() {
		length = 30 * time.Second
	}
	for i := range rounds(t, len(cuts), 20) {
		partition := 1 + i%a.cluster.Partitions
		n := a.leader(partition)
		rest := a.others(n)
		cut := cuts[i%len(cuts)]
		a.harm(fmt.Sprintf("partition %d, node %d: %s", partition, n.ID, cut.name), func() error { return cut.make(n.ID, rest[0].ID, rest[1].ID) })
		if i%len(cuts) == 0 {
			a.calm(time.Second)
			a.refused(n)
		}
		a.calm(length)
		a.must(net.Heal())
		a.calm(2 * time.Second)
	}
	a.settle("F5 partition")
	a.gapsBelow(2*time.Second, 4*time.Second)
}

// refused expects that a node that is alone neither takes new work nor answers from what it knew.
func (a *arena) refused(n *fleet.Node) {
	a.Helper()
	client := a.doors.All[n.ID].Client
	for i := range 6 {
		ctx, cancel := context.WithTimeout(a.ctx, time.Second)
		_, _, err := client.CreateOnce(ctx, sdk.Once{
			OnceKey: sdk.OnceKey{Tenant: "chaos", API: "alone", Key: fmt.Sprintf("%d-%d", n.ID, i)}, BodyHash: []byte{1}, ProcessID: "chaos-timer",
			Variables: map[string]any{"key": "alone", "delay": "PT1H"},
		})
		cancel()
		if code := status.Code(err); code != codes.Unavailable && code != codes.DeadlineExceeded && code != codes.ResourceExhausted {
			a.Errorf("node %d is alone, and answers a create with %v", n.ID, err)
		}
	}
	if key := a.load.Any(); key != "" {
		ctx, cancel := context.WithTimeout(a.ctx, time.Second)
		defer cancel()
		if _, err := client.Lookup(ctx, work.TransferOnce(key)); err == nil {
			a.Errorf("node %d is alone, and tells the state of a payment", n.ID)
		}
	}
}

// TestF05PartitionByProxy does what can be done without root: connections between nodes are blocked in one direction or both,
// while gossip goes on.
func TestF05PartitionByProxy(t *testing.T) {
	onlyLong(t)
	net := proxied(t)
	a := enter(t, form{network: net})
	a.calm(2 * time.Second)
	blocked := network.Rule{Blocked: true}
	for i := range rounds(t, 3, 20) {
		n := a.leader(1 + i%a.cluster.Partitions)
		a.harm(fmt.Sprintf("node %d is blocked", n.ID), func() error {
			for _, other := range a.others(n) {
				if i%3 != 1 {
					net.Set(n.ID, other.ID, blocked)
				}
				if i%3 != 2 {
					net.Set(other.ID, n.ID, blocked)
				}
			}
			return nil
		})
		a.calm(4 * time.Second)
		net.Heal()
		a.calm(2 * time.Second)
	}
	a.settle("F5 partition by proxy")
	a.gapsBelow(2*time.Second, 4*time.Second)
}

package placement

import (
	"slices"
)

// fataler is a test of either kind.
type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

// checkWhole: what holds when no change is under way. Every partition has as many replicas as the
// factor says, on different members, with their generations; its priorities are 1 … factor; its zones
// are as even as their nodes allow.
func checkWhole(t fataler, c *Configuration) {
	t.Helper()
	if err := c.check(); err != nil {
		t.Fatalf("%v", err)
	}
	for _, p := range c.Partitions {
		if len(p.Replicas) != c.ReplicationFactor {
			t.Fatalf("partition %d has %d replicas, the factor is %d", p.ID, len(p.Replicas), c.ReplicationFactor)
		}
		var priorities []int
		for _, r := range p.Replicas {
			if m, ok := c.Member(r.Node); !ok || m.Generation != r.Generation {
				t.Fatalf("partition %d is on %s, the member is %v", p.ID, r.ServerID(), m)
			}
			priorities = append(priorities, r.Priority)
		}
		slices.Sort(priorities)
		for i, priority := range priorities {
			if priority != i+1 {
				t.Fatalf("partition %d has the priorities %v", p.ID, priorities)
			}
		}
	}
}

// checkZones: no partition could be moved from a fuller zone to one with at least two fewer.
func checkZones(t fataler, c *Configuration) {
	t.Helper()
	for _, p := range c.Partitions {
		has := map[string]int{}
		for _, r := range p.Replicas {
			m, _ := c.Member(r.Node)
			has[m.Zone]++
		}
		for _, m := range c.Members {
			if _, on := p.On(m.Node); on {
				continue
			}
			for _, full := range c.Members {
				if has[full.Zone] >= has[m.Zone]+2 {
					t.Fatalf("partition %d has %d replicas in zone %q, %d in %q where node %d has none", p.ID, has[full.Zone], full.Zone, has[m.Zone], m.Zone, m.Node)
				}
			}
		}
	}
}

// checkLeaders: in a cluster that was distributed around the ring, leaderships differ by one at most.
func checkLeaders(t fataler, c *Configuration) {
	t.Helper()
	leads := map[int32]int{}
	for _, p := range c.Partitions {
		leads[p.Leader()]++
	}
	for _, a := range c.Members {
		for _, b := range c.Members {
			if leads[a.Node] > leads[b.Node]+1 {
				t.Fatalf("node %d leads %d partitions, node %d leads %d", a.Node, leads[a.Node], b.Node, leads[b.Node])
			}
		}
	}
}

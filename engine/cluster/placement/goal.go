package placement

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// goal is the configuration to be reached, in a form that is easy to change.
type goal struct {
	members    []Member
	partitions []spread
	factor     int
	// force: replicas are dropped without asking them.
	force bool
}

// spread is who shall have a partition, the node that shall lead first.
type spread struct {
	id    int32
	nodes []int32
}

func newGoal(now *Configuration) *goal {
	g := &goal{members: slices.Clone(now.Members), factor: now.ReplicationFactor}
	for _, p := range now.Partitions {
		replicas := slices.Clone(p.Replicas)
		slices.SortStableFunc(replicas, func(a, b Replica) int { return cmp.Compare(b.Priority, a.Priority) })
		s := spread{id: p.ID}
		for _, r := range replicas {
			s.nodes = append(s.nodes, r.Node)
		}
		g.partitions = append(g.partitions, s)
	}
	return g
}

func (s *spread) on(node int32) bool { return slices.Contains(s.nodes, node) }

// replace puts a node in the place of another, with its priority.
func (s *spread) replace(old, by int32) {
	if i := slices.Index(s.nodes, old); i >= 0 {
		s.nodes[i] = by
	}
}

func (s *spread) drop(node int32) {
	s.nodes = slices.DeleteFunc(s.nodes, func(n int32) bool { return n == node })
}

func (g *goal) partition(id int32) (*spread, error) {
	if id < 1 || int(id) > len(g.partitions) {
		return nil, unknownPartition(id, len(g.partitions))
	}
	return &g.partitions[id-1], nil
}

func (g *goal) member(node int32) (Member, bool) {
	i := slices.IndexFunc(g.members, func(m Member) bool { return m.Node == node })
	if i < 0 {
		return Member{}, false
	}
	return g.members[i], true
}

func (g *goal) known(nodes ...int32) error {
	for _, node := range nodes {
		if _, ok := g.member(node); !ok {
			return unknownNode(node)
		}
	}
	return nil
}

func (g *goal) add(members ...Member) error {
	for _, m := range members {
		if _, ok := g.member(m.Node); ok {
			return fmt.Errorf("node %d is a member already", m.Node)
		}
		g.members = sorted(append(g.members, m))
	}
	return acceptable(g.members)
}

func (g *goal) remove(nodes ...int32) error {
	for _, node := range nodes {
		if _, ok := g.member(node); !ok {
			return unknownNode(node)
		}
		g.members = slices.DeleteFunc(g.members, func(m Member) bool { return m.Node == node })
	}
	if len(g.members) == 0 {
		return errors.New("the last node of the cluster cannot be removed")
	}
	return nil
}

func (g *goal) renew(node int32, generation string) {
	for i := range g.members {
		if g.members[i].Node == node {
			g.members[i].Generation = generation
		}
	}
}

// operations is the way from now to the goal.
func (g *goal) operations(now *Configuration) []Operation {
	var all []Operation
	for _, m := range g.members {
		switch before, ok := now.Member(m.Node); {
		case !ok:
			all = append(all, Operation{Kind: BrokerAdd, Node: m.Node, Generation: m.Generation, Zone: m.Zone})
		case before.Generation != m.Generation:
			all = append(all, Operation{Kind: BrokerRenew, Node: m.Node, Generation: m.Generation})
		}
	}
	for _, s := range g.partitions {
		p, ok := now.Partition(s.id)
		switch {
		case !ok:
			all = append(all, g.start(s)...)
		case g.force:
			all = append(all, g.forced(p, s)...)
		default:
			all = append(all, g.swaps(p, s)...)
		}
	}
	if n := len(g.partitions); int32(n) != now.RoutedPartitions {
		all = append(all, Operation{Kind: UpdateRouting, Count: n})
	}
	for _, m := range now.Members {
		if _, ok := g.member(m.Node); !ok {
			all = append(all, Operation{Kind: BrokerRemove, Node: m.Node, Generation: m.Generation})
		}
	}
	if g.factor != now.ReplicationFactor {
		all = append(all, Operation{Kind: UpdateReplicationFactor, Count: g.factor})
	}
	return all
}

// start begins a new partition at its first leader; the others join.
func (g *goal) start(s spread) []Operation {
	var all []Operation
	for i, node := range s.nodes {
		o := g.about(PartitionJoin, s, node)
		if i == 0 {
			o.Kind = PartitionBootstrap
		}
		all = append(all, o)
	}
	return all
}

// forced leaves the survivors as the voters of a partition.
func (g *goal) forced(p Partition, s spread) []Operation {
	var all []Operation
	if len(s.nodes) < len(p.Replicas) {
		all = append(all, Operation{Kind: PartitionForceReconfigure, Node: s.nodes[0], Partition: s.id, Nodes: slices.Sorted(slices.Values(s.nodes))})
	}
	return append(all, g.priorities(p, s)...)
}

// swaps brings an existing partition to the goal: dead generations leave and join anew, then one
// joins, one leaves, and so on. Priorities change before the last ones leave, so that leadership goes
// where it shall stay.
func (g *goal) swaps(p Partition, s spread) []Operation {
	var all, joins, leaves []Operation
	for _, r := range p.Replicas {
		m, stays := g.member(r.Node)
		switch {
		case stays && m.Generation != r.Generation:
			all = append(all, leave(p, r))
			if s.on(r.Node) {
				all = append(all, g.about(PartitionJoin, s, r.Node))
			}
		case !s.on(r.Node):
			leaves = append(leaves, leave(p, r))
		}
	}
	for _, node := range s.nodes {
		if _, has := p.On(node); !has {
			joins = append(joins, g.about(PartitionJoin, s, node))
		}
	}
	leader := p.Leader()
	slices.SortStableFunc(leaves, func(a, b Operation) int { return last(a.Node == leader) - last(b.Node == leader) })
	for len(joins) > 0 {
		all = append(all, joins[0])
		joins = joins[1:]
		if len(leaves) > 1 {
			all = append(all, leaves[0])
			leaves = leaves[1:]
		}
	}
	all = append(all, g.priorities(p, s)...)
	return append(all, leaves...)
}

// priorities are the changes of replicas that stay.
func (g *goal) priorities(p Partition, s spread) []Operation {
	var all []Operation
	for _, node := range s.nodes {
		o := g.about(PartitionReconfigurePriority, s, node)
		if r, has := p.On(node); has && r.Generation == o.Generation && r.Priority != o.Priority {
			all = append(all, o)
		}
	}
	return all
}

// about is an operation on a node's replica as it shall be.
func (g *goal) about(kind Kind, s spread, node int32) Operation {
	m, _ := g.member(node)
	return Operation{Kind: kind, Node: node, Generation: m.Generation, Partition: s.id, Priority: len(s.nodes) - slices.Index(s.nodes, node)}
}

// last orders what is to come last behind the rest.
func last(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func leave(p Partition, r Replica) Operation {
	return Operation{Kind: PartitionLeave, Node: r.Node, Generation: r.Generation, Partition: p.ID}
}

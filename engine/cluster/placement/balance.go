package placement

import (
	"slices"
)

// bootstrap adds empty partitions up to a number; balance gives them nodes.
func (g *goal) bootstrap(partitions int) {
	for id := len(g.partitions) + 1; id <= partitions; id++ {
		g.partitions = append(g.partitions, spread{id: int32(id)})
	}
}

// balance changes who has what, with as few moves as possible, so that every partition has factor
// replicas, spread evenly over the zones; within that, the nodes' numbers of replicas differ by at
// most one, and so do their numbers of leaderships as far as their partitions allow.
func (g *goal) balance() {
	b := newBalance(g)
	for i := range g.partitions {
		b.fit(&g.partitions[i], g.factor)
	}
	for i := range g.partitions {
		for b.evenOut(&g.partitions[i]) {
		}
	}
	for b.level() {
	}
	leaders := newLeadership(b.ring, g.partitions)
	for leaders.level() {
	}
	leaders.seconds(b.before)
}

// balance is the work of goal.balance: a node is known by its place in the ring.
type balance struct {
	ring       []Member
	place      map[int32]int
	partitions []spread
	// before is who had each partition, the leader first.
	before [][]int32
	load   []int
}

func newBalance(g *goal) *balance {
	b := &balance{ring: ringOf(g.members), place: map[int32]int{}, partitions: g.partitions}
	b.load = make([]int, len(b.ring))
	for i, m := range b.ring {
		b.place[m.Node] = i
	}
	for i := range g.partitions {
		s := &g.partitions[i]
		b.before = append(b.before, slices.Clone(s.nodes))
		s.nodes = slices.DeleteFunc(s.nodes, func(node int32) bool { _, ok := b.place[node]; return !ok })
		for _, node := range s.nodes {
			b.load[b.place[node]]++
		}
	}
	return b
}

// inZone counts the partition's replicas in the zone of a place.
func (b *balance) inZone(s *spread, place int) int {
	n := 0
	for _, node := range s.nodes {
		if b.ring[b.place[node]].Zone == b.ring[place].Zone {
			n++
		}
	}
	return n
}

// fit drops replicas above the factor and adds missing ones.
func (b *balance) fit(s *spread, factor int) {
	for len(s.nodes) > factor {
		b.drop(s, b.surplus(s))
	}
	for len(s.nodes) < factor {
		b.put(s, b.vacancy(s))
	}
}

func (b *balance) put(s *spread, place int) {
	s.nodes = append(s.nodes, b.ring[place].Node)
	b.load[place]++
}

func (b *balance) drop(s *spread, place int) {
	s.drop(b.ring[place].Node)
	b.load[place]--
}

// surplus is the replica to be given up: in the fullest zone, there on the fullest node, of equals the
// one with the lowest priority.
func (b *balance) surplus(s *spread) int {
	worst := b.place[s.nodes[len(s.nodes)-1]]
	for _, node := range slices.Backward(s.nodes) {
		at := b.place[node]
		zone, worstZone := b.inZone(s, at), b.inZone(s, worst)
		if zone > worstZone || zone == worstZone && b.load[at] > b.load[worst] {
			worst = at
		}
	}
	return worst
}

// vacancy is the place for a further replica: in the emptiest zone, there the emptiest node, of equals
// the first along the ring from the partition's own place. -1: every node has one.
func (b *balance) vacancy(s *spread) int {
	best := -1
	for i := range b.ring {
		at := (int(s.id) - 1 + i) % len(b.ring)
		if s.on(b.ring[at].Node) {
			continue
		}
		if best < 0 {
			best = at
			continue
		}
		zone, bestZone := b.inZone(s, at), b.inZone(s, best)
		if zone < bestZone || zone == bestZone && b.load[at] < b.load[best] {
			best = at
		}
	}
	return best
}

// evenOut moves one replica of the partition from its fullest zone to its emptiest, if they differ by
// more than one.
func (b *balance) evenOut(s *spread) bool {
	if len(s.nodes) == 0 {
		return false
	}
	from, to := b.surplus(s), b.vacancy(s)
	if to < 0 || b.inZone(s, from) < b.inZone(s, to)+2 {
		return false
	}
	b.move(s, from, to)
	return true
}

func (b *balance) move(s *spread, from, to int) {
	s.replace(b.ring[from].Node, b.ring[to].Node)
	b.load[from]--
	b.load[to]++
}

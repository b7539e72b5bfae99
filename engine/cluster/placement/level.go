package placement

import (
	"cmp"
	"slices"
)

// step moves a partition's replica from a place of the ring to another.
type step struct {
	partition, from, to int
}

// way is a chain of steps: each place but the first gets one replica, each but the last gives one.
type way struct {
	steps []step
	// cost counts the replicas to be copied because of it.
	cost int
	// gap is by how much the loads of the two ends differ.
	gap int
}

// costOfCopy is the cost of a copy; a high priority that moves costs a little.
const costOfCopy = 1 << 16

// level makes the loads of two places differ by less: the cheapest way, of equals the
// one between the fullest and the emptiest place.
func (b *balance) level() bool {
	var best *way
	for from := range b.ring {
		w := b.ways(from)
		if w == nil {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(w.cost, best.cost), cmp.Compare(best.gap, w.gap), cmp.Compare(len(w.steps), len(best.steps))) < 0 {
			best = w
		}
	}
	if best == nil {
		return false
	}
	for _, s := range best.steps {
		b.move(&b.partitions[s.partition], s.from, s.to)
	}
	return true
}

// reached is how the search has come to a place.
type reached struct {
	by    step
	cost  int
	steps int
	known bool
}

// ways finds the best way from a place to one with a load of at least two less; nil: there is none.
func (b *balance) ways(from int) *way {
	if b.load[from] < slices.Min(b.load)+2 {
		return nil
	}
	came := make([]reached, len(b.ring))
	came[from].known = true
	for round := true; round; {
		round = false
		for i := range b.partitions {
			for _, node := range b.partitions[i].nodes {
				if at := b.place[node]; came[at].known && b.extend(came, from, at, i) {
					round = true
				}
			}
		}
	}
	var best *way
	for to, r := range came {
		gap := b.load[from] - b.load[to]
		if !r.known || gap < 2 {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(r.cost, best.cost), cmp.Compare(best.gap, gap)) < 0 {
			best = &way{steps: chain(came, from, to), cost: r.cost, gap: gap}
		}
	}
	return best
}

// extend goes on from a place with one of its partitions, wherever that is a better way; it tells
// whether there was any.
func (b *balance) extend(came []reached, from, at, partition int) (better bool) {
	s := &b.partitions[partition]
	for to := range b.ring {
		r, cost := came[to], came[at].cost+b.cost(partition, at, to)
		if to == from || s.on(b.ring[to].Node) || r.known && (r.cost < cost || r.cost == cost && r.steps <= came[at].steps+1) {
			continue
		}
		if b.ring[at].Zone != b.ring[to].Zone && b.inZone(s, at) <= b.inZone(s, to) {
			continue
		}
		if used(came, from, at, partition, to) {
			continue
		}
		came[to] = reached{by: step{partition, at, to}, cost: cost, steps: came[at].steps + 1, known: true}
		better = true
	}
	return better
}

// cost is what it costs to have a partition at another place: a copy, if neither the new place had it
// before the change nor the old one needs a copy now. What was given up can be kept instead.
func (b *balance) cost(partition, at, to int) int {
	had := func(place int) bool { return slices.Contains(b.before[partition], b.ring[place].Node) }
	nodes := b.partitions[partition].nodes
	cost := len(nodes) - 1 - slices.Index(nodes, b.ring[at].Node)
	if had(at) && !had(to) {
		cost += costOfCopy
	}
	return cost
}

// used tells whether the way to a place uses a partition or visits another place already: each step
// is judged by who has what before the first.
func used(came []reached, from, at, partition, to int) bool {
	for ; at != from; at = came[at].by.from {
		if came[at].by.partition == partition || at == to {
			return true
		}
	}
	return false
}

func chain(came []reached, from, to int) []step {
	var steps []step
	for at := to; at != from; at = came[at].by.from {
		steps = append(steps, came[at].by)
	}
	slices.Reverse(steps)
	return steps
}

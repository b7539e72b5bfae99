package placement

import (
	"cmp"
	"slices"
)

// leadership levels how many partitions each node should lead; the replicas stay where they are.
type leadership struct {
	nodes      []int32
	partitions []spread
	led        map[int32]int
}

func newLeadership(ring []Member, partitions []spread) *leadership {
	l := &leadership{partitions: partitions, led: map[int32]int{}}
	for _, m := range ring {
		l.nodes = append(l.nodes, m.Node)
	}
	for _, s := range partitions {
		l.led[s.nodes[0]]++
	}
	return l
}

// level takes one leadership from a node and gives one to a node that leads at least two fewer, over
// as many nodes between them as it takes: each hands one of its partitions to the next.
func (l *leadership) level() bool {
	from := slices.Clone(l.nodes)
	slices.SortStableFunc(from, func(a, b int32) int { return l.led[b] - l.led[a] })
	for _, node := range from {
		if path := l.path(node); path != nil {
			for _, step := range path {
				l.lead(step.partition, step.to)
			}
			return true
		}
	}
	return false
}

// handover gives a partition to another of its nodes.
type handover struct {
	partition int
	to        int32
}

// path is the shortest chain of handovers from a node to one that leads at least two fewer; nil: there
// is none.
func (l *leadership) path(from int32) []handover {
	came := map[int32]handover{from: {partition: -1}}
	for queue := []int32{from}; len(queue) > 0; queue = queue[1:] {
		node := queue[0]
		if l.led[from] >= l.led[node]+2 {
			var path []handover
			for at := node; came[at].partition >= 0; {
				step := came[at]
				path = append(path, step)
				at = l.partitions[step.partition].nodes[0]
			}
			slices.Reverse(path)
			return path
		}
		for i, s := range l.partitions {
			if s.nodes[0] != node {
				continue
			}
			for _, next := range s.nodes[1:] {
				if _, seen := came[next]; !seen {
					came[next] = handover{partition: i, to: next}
					queue = append(queue, next)
				}
			}
		}
	}
	return nil
}

// lead puts a node first in a partition; the others keep their order.
func (l *leadership) lead(partition int, node int32) {
	s := &l.partitions[partition]
	l.led[s.nodes[0]]--
	l.led[node]++
	s.drop(node)
	s.nodes = slices.Insert(s.nodes, 0, node)
}

// seconds chooses who comes second in the partitions that are not as before: who has been second to the
// same node least often, of equals second to anyone least often, of equals the next along the ring. So
// a node's leaderships go to as many others as possible when it fails.
func (l *leadership) seconds(before [][]int32) {
	type pair struct{ first, second int32 }
	pairs, second := map[pair]int{}, map[int32]int{}
	count := func(nodes []int32) {
		if len(nodes) > 1 {
			pairs[pair{nodes[0], nodes[1]}]++
			second[nodes[1]]++
		}
	}
	changed := make([]bool, len(l.partitions))
	for i, s := range l.partitions {
		if changed[i] = !slices.Equal(before[i], s.nodes); !changed[i] {
			count(s.nodes)
		}
	}
	for i, s := range l.partitions {
		if !changed[i] || len(s.nodes) < 2 {
			continue
		}
		first := s.nodes[0]
		best := slices.MinFunc(s.nodes[1:], func(a, b int32) int {
			return cmp.Or(
				cmp.Compare(pairs[pair{first, a}], pairs[pair{first, b}]),
				cmp.Compare(second[a], second[b]),
				cmp.Compare(l.distance(first, a), l.distance(first, b)),
			)
		})
		at := slices.Index(s.nodes, best)
		copy(s.nodes[2:at+1], s.nodes[1:at])
		s.nodes[1] = best
		count(s.nodes)
	}
}

// distance is how many steps along the ring it is from a node to another.
func (l *leadership) distance(from, to int32) int {
	n := len(l.nodes)
	return (slices.Index(l.nodes, to) - slices.Index(l.nodes, from) + n) % n
}

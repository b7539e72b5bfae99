package placement

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Form is the first configuration of a cluster: version 1, with Distribute's distribution.
func Form(clusterID string, members []Member, partitions, factor int) (*Configuration, error) {
	members = sorted(members)
	if !utf8.ValidString(clusterID) {
		return nil, fmt.Errorf("the cluster's id %q is not UTF-8", clusterID)
	}
	if err := acceptable(members); err != nil {
		return nil, err
	}
	if err := sizes(len(members), partitions, factor); err != nil {
		return nil, err
	}
	return &Configuration{
		ClusterID: clusterID, Version: 1, ReplicationFactor: factor,
		Members: members, Partitions: Distribute(members, partitions, factor),
		RoutedPartitions: int32(partitions), MessagePartitions: int32(partitions),
	}, nil
}

// sizes refuses numbers that do not go together.
func sizes(nodes, partitions, factor int) error {
	switch {
	case nodes == 0:
		return errors.New("a cluster has at least one node")
	case partitions < 1 || partitions > maxPartitions:
		return fmt.Errorf("%d partitions: there are 1 to %d", partitions, maxPartitions)
	case factor < 1:
		return fmt.Errorf("replication factor %d: it is at least 1", factor)
	case factor > nodes:
		return fmt.Errorf("replication factor %d is larger than the cluster of %d nodes: add nodes or take a smaller factor", factor, nodes)
	}
	return nil
}

// acceptable refuses members that no configuration may have.
func acceptable(members []Member) error {
	for _, m := range members {
		if !utf8.ValidString(m.Generation) || !utf8.ValidString(m.Zone) {
			return fmt.Errorf("node %d: generation %q and zone %q are not both UTF-8", m.Node, m.Generation, m.Zone)
		}
	}
	return checkMembers(members)
}

// Distribute gives each of the partitions 1 … to factor nodes, as Zeebe does: around the ring of nodes
// in order of their ids, the partition's first node with the highest priority; the other priorities
// fall along the ring in the first round, rise in the second, and so on, so that a node's leaderships
// go to different nodes when it fails.
//
// With zones, the ring goes from zone to zone, so that a partition's replicas are spread evenly over
// the zones: as many in each, or one more. Where zones have different numbers of nodes, evenness over
// zones counts more than evenness over nodes.
func Distribute(nodes []Member, partitions, factor int) []Partition {
	ring := ringOf(nodes)
	factor = min(factor, len(ring))
	d := distribution{ring: ring, load: make([]int, len(ring)), even: evenZones(ring)}
	all := make([]Partition, 0, partitions)
	for i := range partitions {
		all = append(all, Partition{ID: int32(i) + 1, Replicas: d.replicas(i, factor)})
	}
	return all
}

// distribution hands out one partition after the other.
type distribution struct {
	ring []Member
	// load is how many replicas each node of the ring has so far.
	load []int
	// even: consecutive nodes of the ring are spread evenly over the zones.
	even bool
}

// replicas are those of the partition with this index from 0, by node.
func (d *distribution) replicas(index, factor int) []Replica {
	chosen := d.window(index, factor)
	if !d.even {
		chosen = d.overZones(index, factor)
	}
	replicas := make([]Replica, 0, factor)
	falling := index/len(d.ring)%2 == 0
	for i, at := range chosen {
		d.load[at]++
		priority := factor
		switch {
		case i > 0 && falling:
			priority = factor - i
		case i > 0:
			priority = i
		}
		m := d.ring[at]
		replicas = append(replicas, Replica{Node: m.Node, Generation: m.Generation, Priority: priority})
	}
	slices.SortFunc(replicas, func(a, b Replica) int { return cmp.Compare(a.Node, b.Node) })
	return replicas
}

// window is the next factor places of the ring.
func (d *distribution) window(index, factor int) []int {
	places := make([]int, factor)
	for i := range places {
		places[i] = (index + i) % len(d.ring)
	}
	return places
}

// overZones begins at the partition's place of the ring, and takes each further node from the zone
// that has the fewest replicas of the partition, there the one with the fewest partitions, of equals
// the next one along the ring.
func (d *distribution) overZones(index, factor int) []int {
	places := []int{index % len(d.ring)}
	for len(places) < factor {
		best, bestInZone := -1, 0
		for i := 1; i < len(d.ring); i++ {
			at := (index + i) % len(d.ring)
			if slices.Contains(places, at) {
				continue
			}
			inZone := 0
			for _, p := range places {
				if d.ring[p].Zone == d.ring[at].Zone {
					inZone++
				}
			}
			if best < 0 || inZone < bestInZone || inZone == bestInZone && d.load[at] < d.load[best] {
				best, bestInZone = at, inZone
			}
		}
		places = append(places, best)
	}
	return places
}

// ringOf orders nodes for the distribution: by id, or with zones the first of each zone, then the
// second of each, and so on, zones by name.
func ringOf(nodes []Member) []Member {
	nodes = sorted(nodes)
	var zones []string
	byZone := map[string][]Member{}
	for _, m := range nodes {
		if byZone[m.Zone] == nil {
			zones = append(zones, m.Zone)
		}
		byZone[m.Zone] = append(byZone[m.Zone], m)
	}
	slices.Sort(zones)
	ring := make([]Member, 0, len(nodes))
	for round := 0; len(ring) < len(nodes); round++ {
		for _, zone := range zones {
			if round < len(byZone[zone]) {
				ring = append(ring, byZone[zone][round])
			}
		}
	}
	return ring
}

// evenZones tells whether any run of consecutive nodes of the ring is spread evenly over its zones:
// when all zones have the same number of nodes.
func evenZones(ring []Member) bool {
	count := map[string]int{}
	for _, m := range ring {
		count[m.Zone]++
	}
	return len(ring) == 0 || len(count)*count[ring[0].Zone] == len(ring) && !slices.ContainsFunc(ring, func(m Member) bool {
		return count[m.Zone] != count[ring[0].Zone]
	})
}

func sorted(nodes []Member) []Member {
	nodes = slices.Clone(nodes)
	slices.SortFunc(nodes, func(a, b Member) int { return cmp.Compare(a.Node, b.Node) })
	return nodes
}

package placement

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// nodes are n nodes without zones.
func nodes(n int) []Member {
	var all []Member
	for i := range n {
		all = append(all, Member{Node: int32(i), Generation: fmt.Sprintf("g%d", i)})
	}
	return all
}

// inZones are nodes, numbered through, with as many in each zone as said: A, B, C …
func inZones(sizes ...int) []Member {
	var all []Member
	for z, size := range sizes {
		for range size {
			all = append(all, Member{Node: int32(len(all)), Generation: "g", Zone: string(rune('A' + z))})
		}
	}
	return all
}

// table prints priorities: a line for each node, a column for each partition, "." where it is not.
func table(members []Member, partitions []Partition) string {
	var b strings.Builder
	for _, m := range members {
		for i, p := range partitions {
			if i > 0 {
				b.WriteByte(' ')
			}
			if r, ok := p.On(m.Node); ok {
				fmt.Fprint(&b, r.Priority)
			} else {
				b.WriteByte('.')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func lines(rows ...string) string { return strings.Join(rows, "\n") + "\n" }

// The tables are Zeebe's: its test of the round robin has 3/3, 3/6, 6/3 and 4/12; the documentation of
// its distribution has 4/5. The others are worked out by hand from the same rule.
func TestDistributesAsZeebe(t *testing.T) {
	for _, c := range []struct {
		nodes, partitions, factor int
		want                      string
	}{
		{1, 1, 1, lines("1")},
		{3, 3, 3, lines(
			"3 1 2",
			"2 3 1",
			"1 2 3",
		)},
		{3, 6, 3, lines(
			"3 1 2 3 2 1",
			"2 3 1 1 3 2",
			"1 2 3 2 1 3",
		)},
		{3, 8, 3, lines(
			"3 1 2 3 2 1 3 1",
			"2 3 1 1 3 2 2 3",
			"1 2 3 2 1 3 1 2",
		)},
		{6, 3, 3, lines(
			"3 . .",
			"2 3 .",
			"1 2 3",
			". 1 2",
			". . 1",
			". . .",
		)},
		{5, 3, 3, lines(
			"3 . .",
			"2 3 .",
			"1 2 3",
			". 1 2",
			". . 1",
		)},
		{4, 5, 3, lines(
			"3 . 1 2 3",
			"2 3 . 1 1",
			"1 2 3 . 2",
			". 1 2 3 .",
		)},
		{4, 12, 3, lines(
			"3 . 1 2 3 . 2 1 3 . 1 2",
			"2 3 . 1 1 3 . 2 2 3 . 1",
			"1 2 3 . 2 1 3 . 1 2 3 .",
			". 1 2 3 . 2 1 3 . 1 2 3",
		)},
		{4, 4, 4, lines(
			"4 1 2 3",
			"3 4 1 2",
			"2 3 4 1",
			"1 2 3 4",
		)},
		{3, 4, 2, lines(
			"2 . 1 2",
			"1 2 . 1",
			". 1 2 .",
		)},
		{2, 3, 1, lines(
			"1 . 1",
			". 1 .",
		)},
	} {
		t.Run(fmt.Sprintf("%d nodes, %d partitions, factor %d", c.nodes, c.partitions, c.factor), func(t *testing.T) {
			members := nodes(c.nodes)
			if got := table(members, Distribute(members, c.partitions, c.factor)); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestTheOrderOfNodesGivenDoesNotMatter(t *testing.T) {
	given := nodes(12) // 10 and 11 come after 9, not after 1
	given[3], given[11] = given[11], given[3]
	if got, want := table(nodes(12), Distribute(given, 12, 3)), table(nodes(12), Distribute(nodes(12), 12, 3)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestDistributesOverZones(t *testing.T) {
	for _, c := range []struct {
		name       string
		members    []Member
		partitions int
		factor     int
		want       string
	}{
		{"two regions of two, factor 4: 2+2", inZones(2, 2), 3, 4, lines(
			"4 1 2",
			"2 3 4",
			"3 4 1",
			"1 2 3",
		)},
		{"two regions of three, factor 4: 2+2", inZones(3, 3), 3, 4, lines(
			"4 . .",
			"2 3 4",
			". 1 2",
			"3 4 .",
			"1 2 3",
			". . 1",
		)},
		{"three zones of one, factor 3: as without zones", inZones(1, 1, 1), 3, 3, lines(
			"3 1 2",
			"2 3 1",
			"1 2 3",
		)},
		{"three nodes here, one there, factor 2: the one has all", inZones(3, 1), 3, 2, lines(
			"2 . .",
			". 1 2",
			". . .",
			"1 2 1",
		)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := table(c.members, Distribute(c.members, c.partitions, c.factor)); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

// anyMembers draws nodes with ids that have gaps, in up to three zones.
func anyMembers(t *rapid.T) []Member {
	zones := rapid.IntRange(1, 3).Draw(t, "zones")
	ids := rapid.SliceOfNDistinct(rapid.Int32Range(0, 40), 1, 9, rapid.ID).Draw(t, "nodes")
	var all []Member
	for _, id := range ids {
		m := Member{Node: id, Generation: fmt.Sprintf("g%d", id)}
		if zones > 1 {
			m.Zone = string(rune('A' + rapid.IntRange(0, zones-1).Draw(t, "zone")))
		}
		all = append(all, m)
	}
	return all
}

func TestAnyDistributionKeepsTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := anyMembers(t)
		factor := rapid.IntRange(1, len(members)).Draw(t, "factor")
		c, err := Form("c", members, rapid.IntRange(1, 30).Draw(t, "partitions"), factor)
		if err != nil {
			t.Fatal(err)
		}
		checkWhole(t, c)
		checkZones(t, c)
		checkLeaders(t, c)
		if n := len(c.Members); len(c.Partitions)%n == 0 && evenZones(ringOf(members)) {
			for _, m := range c.Members {
				if got, want := len(c.Hosted(m.Node, m.Generation)), len(c.Partitions)/n*factor; got != want {
					t.Fatalf("node %d has %d partitions, each has %d", m.Node, got, want)
				}
			}
		}
	})
}

func TestFormRefuses(t *testing.T) {
	twice := append(nodes(2), Member{Node: 1, Generation: "x"})
	for _, c := range []struct {
		members            []Member
		partitions, factor int
		want               string
	}{
		{nil, 1, 1, "a cluster has at least one node"},
		{nodes(3), 0, 1, "0 partitions: there are 1 to 8191"},
		{nodes(3), 9000, 1, "9000 partitions: there are 1 to 8191"},
		{nodes(3), 1, 0, "replication factor 0: it is at least 1"},
		{nodes(3), 1, 4, "replication factor 4 is larger than the cluster of 3 nodes: add nodes or take a smaller factor"},
		{twice, 1, 1, "node 1 is there twice"},
		{[]Member{{Node: 1}}, 1, 1, "node 1 has no generation"},
		{[]Member{{Node: -1, Generation: "g"}}, 1, 1, "node -1: a node id is 0 to 2147483646"},
		{[]Member{{Node: 1, Generation: "\xff"}}, 1, 1, `node 1: generation "\xff" and zone "" are not both UTF-8`},
	} {
		if _, err := Form("c", c.members, c.partitions, c.factor); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

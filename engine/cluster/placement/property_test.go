package placement

import (
	"errors"
	"fmt"
	"math/bits"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// world is a cluster that lives through one change after the other.
type world struct {
	*rapid.T
	c *Configuration
	// dead are generations whose disk is lost.
	dead map[string]bool
	// names makes generations that were never there.
	names int
}

func (w *world) generation() string {
	w.names++
	return fmt.Sprintf("n%d", w.names)
}

func (w *world) member() Member {
	m := Member{Node: rapid.Int32Range(0, 12).Draw(w.T, "new node"), Generation: w.generation()}
	if w.c.Members[0].Zone != "" {
		m.Zone = string(rune('A' + rapid.IntRange(0, 2).Draw(w.T, "zone")))
	}
	return m
}

func (w *world) any(label string) int32 {
	return rapid.SampledFrom(w.c.Members).Draw(w.T, label).Node
}

func (w *world) somePartition() int32 {
	return rapid.Int32Range(1, int32(len(w.c.Partitions))).Draw(w.T, "partition")
}

// wish draws what someone may want, sensible or not.
func (w *world) wish() Wish {
	switch rapid.IntRange(0, 7).Draw(w.T, "wish") {
	case 0:
		return Scale{Add: []Member{w.member()}, ReplicationFactor: rapid.IntRange(0, 4).Draw(w.T, "factor")}
	case 1:
		return Scale{Remove: []int32{w.any("goes")}}
	case 2:
		return Scale{Partitions: len(w.c.Partitions) + rapid.IntRange(0, 3).Draw(w.T, "more"), ReplicationFactor: rapid.IntRange(0, 4).Draw(w.T, "factor")}
	case 3:
		return Replace{Node: w.any("old"), By: w.member()}
	case 4:
		return Move{Partition: w.somePartition(), From: w.any("from"), To: w.any("to")}
	case 5:
		return Join{Partition: w.somePartition(), Node: w.any("joins")}
	case 6:
		return Leave{Partition: w.somePartition(), Node: w.any("leaves")}
	default:
		return Renew{Node: w.any("lost its disk"), Generation: w.generation()}
	}
}

// carryOut does n operations of the change, each as after a crash: the document is read again, and the
// operation before is reported once more. Every step keeps the rules.
func (w *world) carryOut(n int) {
	for range n {
		before, err := Decode(w.c.Encode())
		if err != nil {
			w.Fatalf("%v\n%s", err, w.c.Encode())
		}
		if !reflect.DeepEqual(before, w.c) {
			w.Fatalf("written and read again it is another one:\n%s\n%s", w.c.Encode(), before.Encode())
		}
		done := before.Change.Done
		if again, err := before.Complete(done-1, 7); done > 0 && (again != before || err != nil) {
			w.Fatalf("completed again: %v", err)
		}
		o, _ := before.Current()
		if w.c, err = before.Complete(done, 7); err != nil {
			w.Fatalf("%v", err)
		}
		w.checkStep(before, o)
	}
}

// checkStep: one voter of one partition changes at most, a majority of the voters lives all the time,
// and any majority before has a node in common with any majority after.
func (w *world) checkStep(before *Configuration, o Operation) {
	touched := 0
	for _, p := range w.c.Partitions {
		after := servers(p)
		was, existed := before.Partition(p.ID)
		if !existed {
			if o.Kind != PartitionBootstrap || len(after) != 1 {
				w.Fatalf("partition %d has begun with %v by %s", p.ID, after, o.Kind)
			}
			continue
		}
		voters := servers(was)
		all := slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(voters), after...))))
		changed := 2*len(all) - len(voters) - len(after)
		if changed == 0 {
			continue
		}
		touched++
		if changed > 1 {
			w.Fatalf("partition %d goes from %v to %v in one step", p.ID, voters, after)
		}
		if majority(voters)+majority(after) <= len(all) {
			w.Fatalf("partition %d: a majority of %v and one of %v need have no node in common", p.ID, voters, after)
		}
		for _, set := range [][]string{voters, after} {
			alive := slices.DeleteFunc(slices.Clone(set), func(id string) bool { return w.dead[id] })
			if len(alive) < majority(set) {
				w.Fatalf("partition %d: of %v only %v live", p.ID, set, alive)
			}
		}
	}
	if touched > 1 {
		w.Fatalf("%s has changed the voters of %d partitions", o.Kind, touched)
	}
}

func servers(p Partition) []string {
	var all []string
	for _, r := range p.Replicas {
		all = append(all, r.ServerID())
	}
	return all
}

func majority(voters []string) int { return len(voters)/2 + 1 }

// TestChangesOneAfterTheOther: whatever is wanted, carried out or given up half-way, the cluster keeps
// the rules at every step, and in the end one Scale brings it back into balance.
func TestChangesOneAfterTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := anyMembers(t)
		c, err := Form("c", members, rapid.IntRange(1, 12).Draw(t, "partitions"), rapid.IntRange(1, min(4, len(members))).Draw(t, "factor"))
		if err != nil {
			t.Fatal(err)
		}
		w := &world{T: t, c: c, dead: map[string]bool{}}
		for range rapid.IntRange(1, 12).Draw(t, "changes") {
			w.change(w.wish())
		}
		w.settle()
		checkWhole(t, w.c)
		checkZones(t, w.c)
		checkLevel(t, w.c)
		if w.c.MessagePartitions != c.MessagePartitions {
			t.Fatalf("messages went to %d partitions and go to %d", c.MessagePartitions, w.c.MessagePartitions)
		}
	})
}

// change wants something, and carries it out all the way or a part of it.
func (w *world) change(wish Wish) {
	before := string(w.c.Encode())
	if renew, ok := wish.(Renew); ok {
		m, _ := w.c.Member(renew.Node)
		w.dead[m.ServerID()] = true
		defer func() {
			// A disk that was not replaced is not lost in this world.
			if now, ok := w.c.Member(m.Node); ok && now.Generation == m.Generation {
				delete(w.dead, m.ServerID())
			}
		}()
	}
	planned, err := Plan(w.c, wish, 5)
	if string(w.c.Encode()) != before {
		w.Fatalf("planning has changed the configuration")
	}
	if err != nil || planned.Change == nil {
		if err == nil && planned != w.c {
			w.Fatalf("nothing is to be done, and yet the configuration is another one")
		}
		return
	}
	w.c = planned
	if _, err := Plan(w.c, Scale{}, 5); !errors.Is(err, ErrChangeRunning) {
		w.Fatalf("a second change: %v", err)
	}
	total := len(planned.Change.Operations)
	// A renewal is carried out: a dead voter in each partition is all that a cluster of three bears.
	if _, renew := wish.(Renew); renew || rapid.Bool().Draw(w.T, "all of it") {
		w.carryOut(total)
		return
	}
	w.carryOut(rapid.IntRange(0, total-1).Draw(w.T, "operations"))
	if w.c, err = w.c.Cancel(9); err != nil {
		w.Fatalf("%v", err)
	}
}

// settle brings the cluster into balance, all the way.
func (w *world) settle() {
	planned, err := Plan(w.c, Scale{}, 5)
	if err != nil {
		w.Fatalf("%v", err)
	}
	if w.c = planned; w.c.Change != nil {
		w.carryOut(len(w.c.Change.Operations))
	}
}

// checkLevel: without zones no node has two partitions more than another; within a zone neither.
func checkLevel(t fataler, c *Configuration) {
	t.Helper()
	for _, a := range c.Members {
		for _, b := range c.Members {
			has, less := len(c.Hosted(a.Node, a.Generation)), len(c.Hosted(b.Node, b.Generation))
			if a.Zone == b.Zone && has > less+1 {
				t.Fatalf("node %d has %d partitions, node %d has %d\n%s", a.Node, has, b.Node, less, table(c.Members, c.Partitions))
			}
		}
	}
}

// TestLeadershipsAreAsLevelAsCanBe against the slow way: all choices of leaders.
func TestLeadershipsAreAsLevelAsCanBe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "nodes")
		c, err := Form("c", nodes(n), rapid.IntRange(1, 6).Draw(t, "partitions"), rapid.IntRange(1, min(3, n)).Draw(t, "factor"))
		if err != nil {
			t.Fatal(err)
		}
		w := &world{T: t, c: c, dead: map[string]bool{}}
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			w.change(w.wish())
		}
		w.settle()
		led := map[int32]int{}
		for _, node := range w.c.Leaders() {
			led[node]++
		}
		if got, want := squares(led), best(w.c.Partitions, map[int32]int{}); got != want {
			t.Fatalf("leaders %v: %d, it could be %d\n%s", w.c.Leaders(), got, want, table(w.c.Members, w.c.Partitions))
		}
	})
}

func squares(led map[int32]int) int {
	sum := 0
	for _, n := range led {
		sum += n * n
	}
	return sum
}

// best is the smallest sum of squares of any choice of leaders.
func best(partitions []Partition, led map[int32]int) int {
	if len(partitions) == 0 {
		return squares(led)
	}
	least := 1 << 30
	for _, r := range partitions[0].Replicas {
		led[r.Node]++
		least = min(least, best(partitions[1:], led))
		led[r.Node]--
	}
	return least
}

// TestAsLittleAsPossibleMoves against the slow way: all ways to be in balance.
func TestAsLittleAsPossibleMoves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "nodes")
		c, err := Form("c", nodes(n), rapid.IntRange(1, 4).Draw(t, "partitions"), rapid.IntRange(1, min(3, n)).Draw(t, "factor"))
		if err != nil {
			t.Fatal(err)
		}
		w := &world{T: t, c: c, dead: map[string]bool{}}
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			w.change(w.wish())
		}
		before := w.c
		wish := Scale{ReplicationFactor: rapid.IntRange(0, 3).Draw(t, "factor"), Partitions: len(before.Partitions) + rapid.IntRange(0, 1).Draw(t, "more")}
		for i := range rapid.IntRange(0, 2).Draw(t, "new") {
			wish.Add = append(wish.Add, Member{Node: int32(50 + i), Generation: "x"})
		}
		if rapid.Bool().Draw(t, "one goes") {
			wish.Remove = []int32{w.any("goes")}
		}
		planned, err := Plan(before, wish, 0)
		if err != nil || planned.Change == nil || len(planned.Members)+len(wish.Add) > 7 {
			return
		}
		after, err := planned.Expected()
		if err != nil {
			t.Fatal(err)
		}
		checkWhole(t, after)
		checkLevel(t, after)
		copies := 0
		for _, o := range planned.Change.Operations {
			if o.Kind == PartitionJoin || o.Kind == PartitionBootstrap {
				copies++
			}
		}
		if least := fewestCopies(before, after); copies > least {
			t.Fatalf("%+v: %d replicas are copied, %d are needed\n%s\n%s\n%s", wish, copies, least,
				table(before.Members, before.Partitions), table(after.Members, after.Partitions), script(planned))
		}
	})
}

// fewestCopies tries every choice of nodes for each partition: of those that leave the nodes in
// balance, the one that copies the fewest replicas.
func fewestCopies(before, after *Configuration) int {
	type loads [10]int
	reached := map[loads]int{{}: 0}
	for i := range after.Partitions {
		next := map[loads]int{}
		for l, copies := range reached {
			for choice := range 1 << len(after.Members) {
				if bits.OnesCount(uint(choice)) != after.ReplicationFactor {
					continue
				}
				now, cost := l, copies
				for j, m := range after.Members {
					if choice>>j&1 == 0 {
						continue
					}
					now[j]++
					if i >= len(before.Partitions) {
						cost++
					} else if r, has := before.Partitions[i].On(m.Node); !has || r.Generation != m.Generation {
						cost++
					}
				}
				if least, ok := next[now]; !ok || cost < least {
					next[now] = cost
				}
			}
		}
		reached = next
	}
	least := 1 << 30
	for l, copies := range reached {
		if used := l[:len(after.Members)]; slices.Max(used) <= slices.Min(used)+1 {
			least = min(least, copies)
		}
	}
	return least
}

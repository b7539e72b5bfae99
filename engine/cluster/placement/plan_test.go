package placement

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// form is a cluster of n nodes without zones, or of the given members.
func form(t *testing.T, members []Member, partitions, factor int) *Configuration {
	t.Helper()
	c, err := Form("payments", members, partitions, factor)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// script prints operations as a person would say them.
func script(c *Configuration) string {
	if c.Change == nil {
		return ""
	}
	var b strings.Builder
	for _, o := range c.Change.Operations {
		switch o.Kind {
		case BrokerAdd, BrokerRemove, BrokerRenew:
			fmt.Fprintf(&b, "%s %d-%s", o.Kind, o.Node, o.Generation)
		case UpdateRouting, UpdateReplicationFactor:
			fmt.Fprintf(&b, "%s %d", o.Kind, o.Count)
		case PartitionLeave:
			fmt.Fprintf(&b, "%s p%d %d-%s", o.Kind, o.Partition, o.Node, o.Generation)
		case PartitionForceReconfigure:
			fmt.Fprintf(&b, "%s p%d %v", o.Kind, o.Partition, o.Nodes)
		default:
			fmt.Fprintf(&b, "%s p%d %d-%s %d", o.Kind, o.Partition, o.Node, o.Generation, o.Priority)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestPlans(t *testing.T) {
	for _, c := range []struct {
		name  string
		start *Configuration
		wish  Wish
		plan  string
		after string // a table of priorities
	}{
		{
			"a fourth node takes its share and moves nothing else",
			form(t, nodes(3), 3, 3),
			Scale{Add: []Member{{Node: 3, Generation: "g3"}}},
			lines(
				"BROKER_ADD 3-g3",
				"PARTITION_JOIN p2 3-g3 1",
				"PARTITION_LEAVE p2 0-g0",
				"PARTITION_JOIN p3 3-g3 2",
				"PARTITION_RECONFIGURE_PRIORITY p3 0-g0 1",
				"PARTITION_LEAVE p3 1-g1",
			),
			lines(
				"3 . 1",
				"2 3 .",
				"1 2 3",
				". 1 2",
			),
		},
		{
			"a node goes: its partitions first, then itself",
			form(t, nodes(4), 4, 2),
			Scale{Remove: []int32{3}},
			"", lines(
				"2 . 1 2",
				"1 2 . 1",
				". 1 2 .",
			),
		},
		{
			"replication factor from 1 to 3",
			form(t, nodes(3), 3, 1),
			Scale{ReplicationFactor: 3},
			"", lines(
				"3 1 2",
				"2 3 1",
				"1 2 3",
			),
		},
		{
			"partitions are added, the old ones stay",
			form(t, nodes(3), 2, 3),
			Scale{Partitions: 3},
			lines(
				"PARTITION_BOOTSTRAP p3 2-g2 3",
				"PARTITION_JOIN p3 0-g0 2",
				"PARTITION_JOIN p3 1-g1 1",
				"UPDATE_ROUTING 3",
			),
			lines(
				"3 1 2",
				"2 3 1",
				"1 2 3",
			),
		},
		{
			"a node is replaced, with its priorities",
			form(t, nodes(3), 3, 3),
			Replace{Node: 1, By: Member{Node: 7, Generation: "g7"}},
			lines(
				"BROKER_ADD 7-g7",
				"PARTITION_JOIN p1 7-g7 2",
				"PARTITION_LEAVE p1 1-g1",
				"PARTITION_JOIN p2 7-g7 3",
				"PARTITION_LEAVE p2 1-g1",
				"PARTITION_JOIN p3 7-g7 1",
				"PARTITION_LEAVE p3 1-g1",
				"BROKER_REMOVE 1-g1",
			),
			lines(
				"3 1 2",
				"1 2 3",
				"2 3 1",
			),
		},
		{
			"one replica moves",
			form(t, nodes(4), 1, 2),
			Move{Partition: 1, From: 0, To: 3},
			lines("PARTITION_JOIN p1 3-g3 2", "PARTITION_LEAVE p1 0-g0"),
			lines(".", "1", ".", "2"),
		},
		{
			"a further replica",
			form(t, nodes(3), 1, 2),
			Join{Partition: 1, Node: 2},
			lines("PARTITION_JOIN p1 2-g2 1", "PARTITION_RECONFIGURE_PRIORITY p1 0-g0 3", "PARTITION_RECONFIGURE_PRIORITY p1 1-g1 2"),
			lines("3", "2", "1"),
		},
		{
			"a replica goes; leadership first",
			form(t, nodes(3), 1, 3),
			Leave{Partition: 1, Node: 0},
			lines("PARTITION_LEAVE p1 0-g0"),
			lines(".", "2", "1"),
		},
		{
			"a lost disk: the old generation leaves, the new one joins",
			form(t, nodes(3), 2, 3),
			Renew{Node: 1, Generation: "new"},
			lines(
				"BROKER_RENEW 1-new",
				"PARTITION_LEAVE p1 1-g1",
				"PARTITION_JOIN p1 1-new 2",
				"PARTITION_LEAVE p2 1-g1",
				"PARTITION_JOIN p2 1-new 3",
			),
			lines("3 1", "2 3", "1 2"),
		},
		{
			"a region is lost: the other goes on with two replicas",
			form(t, inZones(2, 2), 2, 4),
			Abandon{Zone: "A"},
			lines(
				"PARTITION_FORCE_RECONFIGURE p1 [2 3]",
				"PARTITION_RECONFIGURE_PRIORITY p1 2-g 2",
				"PARTITION_FORCE_RECONFIGURE p2 [2 3]",
				"PARTITION_RECONFIGURE_PRIORITY p2 2-g 2",
				"PARTITION_RECONFIGURE_PRIORITY p2 3-g 1",
				"BROKER_REMOVE 0-g",
				"BROKER_REMOVE 1-g",
				"UPDATE_REPLICATION_FACTOR 2",
			),
			lines("2 2", "1 1"),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			planned, err := Plan(c.start, c.wish, 1000)
			if err != nil {
				t.Fatal(err)
			}
			if got := script(planned); c.plan != "" && got != c.plan {
				t.Errorf("plan\n%swant\n%s", got, c.plan)
			}
			version := int64(2)
			if _, forced := c.wish.(Abandon); forced {
				version = Lineage
				if len(planned.Abandoned) != len(planned.Members)/2 {
					t.Errorf("the abandoned are %v", planned.Abandoned)
				}
			}
			if planned.Version != version || planned.Change.ID != version || planned.Change.Started != 1000 {
				t.Errorf("version %d, change %d of %d", planned.Version, planned.Change.ID, planned.Change.Started)
			}
			after, err := planned.Expected()
			if err != nil {
				t.Fatal(err)
			}
			if got := table(after.Members, after.Partitions); got != c.after {
				t.Errorf("after\n%swant\n%s\nplan\n%s", got, c.after, script(planned))
			}
			if after.MessagePartitions != c.start.MessagePartitions {
				t.Errorf("messages went to %d partitions, now to %d: keys have moved", c.start.MessagePartitions, after.MessagePartitions)
			}
		})
	}
}

func TestRefusedWishes(t *testing.T) {
	three := form(t, nodes(3), 3, 3)
	for _, c := range []struct {
		start *Configuration
		wish  Wish
		want  string
	}{
		{three, Scale{ReplicationFactor: 4}, "replication factor 4 is larger than the cluster of 3 nodes: add nodes or take a smaller factor"},
		{three, Scale{Remove: []int32{2}}, "replication factor 3 is larger than the cluster of 2 nodes: add nodes or take a smaller factor"},
		{three, Scale{ReplicationFactor: -1}, "replication factor -1: it is at least 1"},
		{three, Scale{Partitions: 2}, "2 partitions are fewer than the 3 there are: partitions can only be added, since keys stay where they are"},
		{three, Scale{Partitions: 9999}, "9999 partitions: there are 1 to 8191"},
		{three, Scale{Remove: []int32{5}}, "node 5 is not a member of the cluster"},
		{three, Scale{Add: []Member{{Node: 1, Generation: "x"}}}, "node 1 is a member already"},
		{three, Scale{Add: []Member{{Node: 4}}}, "node 4 has no generation"},
		{form(t, nodes(1), 1, 1), Scale{Remove: []int32{0}}, "the last node of the cluster cannot be removed"},
		{three, Replace{Node: 9, By: Member{Node: 4, Generation: "g"}}, "node 9 is not a member of the cluster"},
		{three, Replace{Node: 1, By: Member{Node: 1, Generation: "g"}}, "node 1 cannot be replaced by itself: a new disk of it is a renewal"},
		{three, Move{Partition: 4, From: 0, To: 1}, "there is no partition 4: the cluster has 1 to 3"},
		{three, Move{Partition: 1, From: 0, To: 1}, "partition 1 cannot be moved to node 1, which has it already"},
		{three, Move{Partition: 1, From: 0, To: 8}, "node 8 is not a member of the cluster"},
		{form(t, nodes(3), 1, 1), Move{Partition: 1, From: 1, To: 2}, "partition 1 cannot be moved from node 1, which does not have it"},
		{three, Join{Partition: 1, Node: 2}, "node 2 has partition 1 already"},
		{form(t, nodes(3), 1, 1), Leave{Partition: 1, Node: 0}, "node 0 cannot leave partition 1: it has the only replica"},
		{form(t, nodes(3), 1, 1), Leave{Partition: 1, Node: 1}, "node 1 does not have partition 1"},
		{form(t, nodes(3), 2, 1), Renew{Node: 1, Generation: "n"}, "partition 2 had its only replica on the lost disk of node 1: restore it from a backup"},
		{form(t, nodes(3), 1, 2), Renew{Node: 1, Generation: "n"}, "partition 1 has no majority without the lost disk of node 1: recover the cluster without that node, then add it again"},
		{three, Renew{Node: 1}, "node 1 has no generation"},
		{three, Abandon{Zone: "north"}, `no node is in zone "north"`},
		{three, Abandon{}, "which nodes are lost is not said: name a zone or nodes"},
		{three, Abandon{Nodes: []int32{0, 1, 2}}, "the last node of the cluster cannot be removed"},
		{form(t, nodes(3), 2, 1), Abandon{Nodes: []int32{1}}, "partition 2 has replicas on lost nodes only: restore the cluster from a backup"},
	} {
		_, err := Plan(c.start, c.wish, 0)
		if err == nil || err.Error() != c.want {
			t.Errorf("%T%+v: got %v, want %q", c.wish, c.wish, err, c.want)
		}
	}
}

func TestOneChangeAtATime(t *testing.T) {
	running, err := Plan(form(t, nodes(3), 1, 1), Scale{ReplicationFactor: 3}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Plan(running, Scale{ReplicationFactor: 2}, 0); !errors.Is(err, ErrChangeRunning) {
		t.Errorf("got %v", err)
	}
	forced, err := Plan(running, Abandon{Nodes: []int32{2}}, 5)
	if err != nil {
		t.Fatalf("a lost node must not hold up its own removal: %v", err)
	}
	if want := (Ended{ID: 2, Cancelled: true, Completed: 5}); *forced.LastChange != want {
		t.Errorf("got %+v, want %+v", *forced.LastChange, want)
	}
}

func TestAWishThatIsFulfilledIsNoChange(t *testing.T) {
	c := form(t, nodes(3), 3, 3)
	for _, wish := range []Wish{Scale{}, Scale{Partitions: 3, ReplicationFactor: 3}, Renew{Node: 1, Generation: "g1"}} {
		if got, err := Plan(c, wish, 0); got != c || err != nil {
			t.Errorf("%+v: %v, %v", wish, got, err)
		}
	}
}

func TestCompletingAChange(t *testing.T) {
	c, err := Plan(form(t, nodes(3), 1, 1), Scale{ReplicationFactor: 2}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Complete(1, 0); err == nil || err.Error() != "operation 1 of change 2 cannot be completed: it is the turn of operation 0" {
		t.Errorf("got %v", err)
	}
	for i := range len(c.Change.Operations) {
		if again, err := c.Complete(i-1, 0); i > 0 && (again != c || err != nil) {
			t.Errorf("completing an operation again: %v, %v", again, err)
		}
		before := string(c.Encode())
		next, err := c.Complete(i, 2000)
		if err != nil {
			t.Fatal(err)
		}
		if string(c.Encode()) != before {
			t.Fatal("the configuration before has changed")
		}
		if next.Version != c.Version+1 {
			t.Errorf("version %d after %d", next.Version, c.Version)
		}
		c = next
	}
	if want := (Ended{ID: 2, Started: 1000, Completed: 2000}); c.Change != nil || *c.LastChange != want {
		t.Errorf("got %+v, want %+v", c.LastChange, want)
	}
	if _, err := c.Complete(0, 0); !errors.Is(err, ErrNoChange) {
		t.Errorf("got %v", err)
	}
	if _, err := c.Cancel(0); !errors.Is(err, ErrNoChange) {
		t.Errorf("got %v", err)
	}
}

func TestWhatANodeHasOpen(t *testing.T) {
	c, err := Plan(form(t, nodes(2), 1, 1), Scale{Partitions: 2, ReplicationFactor: 2}, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"PARTITION_JOIN p1 1: [{1 false false}] [{1 true false}]",
		"PARTITION_RECONFIGURE_PRIORITY p1 0: [{1 false false}] [{1 false false}]",
		"PARTITION_BOOTSTRAP p2 1: [{1 false false}] [{1 false false} {2 false true}]",
		"PARTITION_JOIN p2 0: [{1 false false} {2 true false}] [{1 false false} {2 false false}]",
	}
	for i, w := range want {
		o, _ := c.Current()
		if got := fmt.Sprintf("%s p%d %d: %v %v", o.Kind, o.Partition, o.Node, c.Hosted(0, "g0"), c.Hosted(1, "g1")); got != w {
			t.Errorf("got  %s\nwant %s", got, w)
		}
		if c, err = c.Complete(i, 0); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.Hosted(1, "other"); len(got) != 0 {
		t.Errorf("another generation has %v", got)
	}
	if got := c.Leaders(); got[1] != 0 || got[2] != 1 {
		t.Errorf("leaders %v", got)
	}
}

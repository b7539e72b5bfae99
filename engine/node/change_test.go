package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/cluster"
	"github.com/payhub/payhub/engine/cluster/placement"
	"github.com/payhub/payhub/engine/record"
)

// changed asks for a change through a node and waits until it is done and Raft agrees.
func (w *world) changed(through int32, wish Wish) *placement.Configuration {
	w.t.Helper()
	planned, err := w.node(through).Change(w.t.Context(), wish, false)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(planned.Operations()) == 0 {
		w.t.Fatal("nothing was planned")
	}
	w.waitFor("the change is done", func() error {
		c := w.node(through).Configuration()
		if c.Version < planned.Next.Version {
			return errors.New("not yet known")
		}
		return w.settled()
	})
	return w.node(through).Configuration()
}

// placed says which nodes have each partition.
func placed(c *placement.Configuration) (all []string) {
	for _, p := range c.Partitions {
		text := ""
		for _, r := range p.Replicas {
			text += fmt.Sprint(r.Node)
		}
		all = append(all, text)
	}
	return all
}

// load creates instances at all partitions that are routed to, through every node, until it is
// stopped; it keeps count of what was acknowledged.
type load struct {
	stop  chan struct{}
	tasks sync.WaitGroup
	mu    sync.Mutex
	keys  map[int64]bool
	twice atomic.Int64
}

func (w *world) load() *load {
	l := &load{stop: make(chan struct{}), keys: map[int64]bool{}}
	for range 2 {
		l.tasks.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-l.stop:
					return
				case <-time.After(2 * time.Millisecond):
				}
				nodes := w.running()
				if len(nodes) == 0 {
					continue
				}
				n := nodes[i%len(nodes)]
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
				key, err := create(ctx, n, n.Router().NextCreatePartition())
				cancel()
				if err != nil {
					continue // nothing was acknowledged
				}
				l.mu.Lock()
				if l.keys[key] {
					l.twice.Add(1)
				}
				l.keys[key] = true
				l.mu.Unlock()
			}
		})
	}
	return l
}

// end stops the load and checks that everything acknowledged is there, once, at its partition.
func (l *load) end(w *world) {
	w.t.Helper()
	close(l.stop)
	l.tasks.Wait()
	if l.twice.Load() > 0 {
		w.t.Errorf("%d keys were given twice", l.twice.Load())
	}
	w.present(l.keys)
	w.t.Logf("%d instances were acknowledged and are there", len(l.keys))
}

func TestANodeIsAddedUnderLoadAndTakesItsShare(t *testing.T) {
	w := newWorld(t, shape{nodes: 3, partitions: 3, factor: 2})
	w.deploy(w.node(0))
	l := w.load()
	if _, err := w.node(1).Change(t.Context(), Wish{Scale: &Scale{Add: []int32{3}}}, false); !refusedAs(err, FaultInvalid) {
		t.Errorf("a node that is not up: %v", err)
	}
	added := w.begin(3)[0]
	w.waitFor("node 3 is seen", func() error {
		if _, err := w.node(1).Change(t.Context(), Wish{Scale: &Scale{Add: []int32{3}}}, true); err != nil {
			return err
		}
		return nil
	})
	if c := w.node(1).Configuration(); c.Version != 1 {
		t.Errorf("a dry run changed the configuration: version %d", c.Version)
	}
	planned, err := w.node(1).Change(t.Context(), Wish{Scale: &Scale{Add: []int32{3}}}, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.node(2).Change(t.Context(), Wish{Scale: &Scale{ReplicationFactor: 3}}, false); !refusedAs(err, FaultConflict) {
		t.Errorf("a second change: %v", err)
	}
	if err := <-added; err != nil {
		t.Fatal(err)
	}
	w.waitFor("the change is done", func() error {
		if w.node(1).Configuration().Version <= planned.Next.Version {
			return errors.New("it has not begun")
		}
		return w.settled()
	})
	if len(w.node(3).Hosted()) == 0 {
		t.Error("node 3 got nothing")
	}
	l.end(w)
}

func TestANodeIsRemovedAndItsCopiesAreGone(t *testing.T) {
	w := newWorld(t, shape{nodes: 4, partitions: 4, factor: 3})
	w.deploy(w.node(0))
	l := w.load()
	c := w.changed(3, Wish{Scale: &Scale{Remove: []int32{0}}})
	if _, ok := c.Member(0); ok || len(w.node(0).Hosted()) != 0 {
		t.Errorf("node 0 is still there: members %v, %d partitions", c.Members, len(w.node(0).Hosted()))
	}
	w.stop(0)
	w.waitFor("the others go on", w.settled)
	l.end(w)
}

func TestANodeIsReplaced(t *testing.T) {
	w := newWorld(t, shape{nodes: 3, partitions: 2, factor: 3})
	w.deploy(w.node(0))
	l := w.load()
	added := w.begin(7)[0]
	w.waitFor("node 7 is seen", func() error {
		_, err := w.node(0).Change(t.Context(), Wish{Replace: &Replace{Node: 1, By: 7}}, true)
		return err
	})
	c := w.changed(0, Wish{Replace: &Replace{Node: 1, By: 7}})
	if err := <-added; err != nil {
		t.Fatal(err)
	}
	if got := placed(c); !slices.Equal(got, []string{"027", "027"}) {
		t.Errorf("the partitions are on %v", got)
	}
	l.end(w)
}

func TestTheReplicationFactorGrowsFromOneToThreeAndAReplicaMoves(t *testing.T) {
	w := newWorld(t, shape{nodes: 3, partitions: 3, factor: 1})
	w.deploy(w.node(0))
	l := w.load()
	c := w.changed(2, Wish{Scale: &Scale{ReplicationFactor: 3}})
	if got := placed(c); !slices.Equal(got, []string{"012", "012", "012"}) {
		t.Errorf("the partitions are on %v", got)
	}
	c = w.changed(2, Wish{Leave: &Replica{Partition: 2, Node: 0}})
	if got := placed(c); !slices.Equal(got, []string{"012", "12", "012"}) {
		t.Errorf("the partitions are on %v", got)
	}
	c = w.changed(2, Wish{Move: &Move{Partition: 2, From: 1, To: 0}})
	if got := placed(c); !slices.Equal(got, []string{"012", "02", "012"}) {
		t.Errorf("the partitions are on %v", got)
	}
	l.end(w)
}

func TestPartitionsAreAddedUnderLoad(t *testing.T) {
	w := newWorld(t, shape{nodes: 3, partitions: 2, factor: 3})
	w.deploy(w.node(0))
	l := w.load()
	c := w.changed(0, Wish{Scale: &Scale{Partitions: 5}})
	if c.RoutedPartitions != 5 || c.MessagePartitions != 2 || len(c.Partitions) != 5 {
		t.Errorf("routed %d, message partitions %d, partitions %d", c.RoutedPartitions, c.MessagePartitions, len(c.Partitions))
	}
	for id := int32(1); id <= 5; id++ {
		if _, err := create(t.Context(), w.node(1), id); err != nil {
			t.Errorf("partition %d: %v", id, err)
		}
	}
	l.end(w)
	w.stop(0, 1, 2)
	w.start(0, 1, 2)
	w.waitFor("all five lead after a restart", w.ready)
}

func TestAChangeGoesOnWhenItsCoordinatorEnds(t *testing.T) {
	w := newWorld(t, shape{nodes: 4, partitions: 4, factor: 3})
	w.deploy(w.node(0))
	coordinator := w.leader(1).config.ID
	other := (coordinator + 1) % 4
	planned, err := w.node(other).Change(t.Context(), Wish{Scale: &Scale{Partitions: 8}}, false)
	if err != nil {
		t.Fatal(err)
	}
	w.waitFor("some operations are done", func() error {
		if c := w.node(other).Configuration(); c.Version < planned.Next.Version+2 {
			return fmt.Errorf("version %d", c.Version)
		}
		return nil
	})
	w.stop(coordinator)
	if w.node(other).Configuration().Change == nil {
		t.Log("the change was done before its coordinator ended")
	}
	w.waitFor("another node coordinates", func() error {
		s, err := w.node(other).Status(t.Context())
		if err == nil && s.Coordinator == "" {
			err = errors.New("nobody coordinates")
		}
		return err
	})
	w.start(coordinator)
	w.waitFor("the change is done", func() error {
		if c := w.node(other).Configuration(); c.RoutedPartitions != 8 {
			return fmt.Errorf("routed %d", c.RoutedPartitions)
		}
		return w.settled()
	})
}

// A change whose newcomer is away waits for it, tells so, and can be cancelled; Raft's members are
// the configuration's then, and the cluster can be changed again.
func TestAChangeThatDoesNotGetOnIsCancelled(t *testing.T) {
	w := newWorld(t, shape{nodes: 4, partitions: 1, factor: 3})
	w.deploy(w.node(0))
	w.stop(3)
	if _, err := w.node(0).Change(t.Context(), Wish{Join: &Replica{Partition: 1, Node: 3}}, false); err != nil {
		t.Fatal(err)
	}
	w.waitFor("the leader has the newcomer as non-voter, and it lacks entries", func() error {
		s, err := w.node(1).Status(t.Context())
		switch {
		case err != nil:
			return err
		case s.Progress == nil || s.Progress.Behind == 0:
			return fmt.Errorf("the progress is %+v", s.Progress)
		}
		return nil
	})
	if err := w.agrees(1); err == nil {
		t.Error("the non-voter is not there")
	}
	if _, err := w.node(2).Cancel(t.Context(), 77); !refusedAs(err, FaultUnknown) {
		t.Errorf("another change was cancelled: %v", err)
	}
	if _, err := w.node(2).Cancel(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	w.waitFor("Raft's members are the configuration's again", w.settled)
	if c := w.node(1).Configuration(); c.LastChange == nil || !c.LastChange.Cancelled {
		t.Errorf("the last change is %+v", c.LastChange)
	}
	w.start(3)
	w.changed(1, Wish{Join: &Replica{Partition: 1, Node: 3}})
}

func TestWishesThatDoNotFitAreRefused(t *testing.T) {
	w := newWorld(t, shape{nodes: 3, partitions: 2, factor: 3})
	for name, wish := range map[string]Wish{
		"nothing":                 {},
		"fewer partitions":        {Scale: &Scale{Partitions: 1}},
		"too large a factor":      {Scale: &Scale{ReplicationFactor: 4}},
		"too few nodes":           {Scale: &Scale{Remove: []int32{2}}},
		"an unknown node":         {Scale: &Scale{Remove: []int32{9}}},
		"a member is added":       {Scale: &Scale{Add: []int32{1}}},
		"move to who has it":      {Move: &Move{Partition: 1, From: 0, To: 1}},
		"an unknown partition":    {Leave: &Replica{Partition: 9, Node: 1}},
		"replaced by who is away": {Replace: &Replace{Node: 1, By: 5}},
	} {
		if _, err := w.node(1).Change(t.Context(), wish, false); !refusedAs(err, FaultInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	planned, err := w.node(1).Change(t.Context(), Wish{Scale: &Scale{}}, false)
	if err != nil || len(planned.Operations()) != 0 {
		t.Errorf("a wish that is fulfilled: %v %v", planned.Operations(), err)
	}
}

func refusedAs(err error, fault Fault) bool {
	var refused *RefusedError
	return errors.As(err, &refused) && refused.Fault == fault
}

// present checks that instances are known at the partitions that made them.
func (w *world) present(keys map[int64]bool) {
	w.t.Helper()
	n := w.running()[0]
	for key := range keys {
		if _, err := n.Router().Lookup(w.t.Context(), record.PartitionOf(key), cluster.LookupRequest{ProcessInstanceKey: key}); err != nil {
			w.t.Errorf("instance %d was acknowledged: %v", key, err)
		}
	}
}

package node

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestAClusterFormsAndRestartsWithOtherAddresses(t *testing.T) {
	w := newWorld(t, shape{nodes: 3, partitions: 3, factor: 3})
	for _, n := range w.running() {
		if c := n.Configuration(); c.Version != 1 || len(c.Members) != 3 || len(n.Hosted()) != 3 {
			t.Errorf("node %d: version %d, %d members, %d partitions", n.config.ID, c.Version, len(c.Members), len(n.Hosted()))
		}
	}
	w.deploy(w.node(2))
	keys := map[int64]bool{}
	for partition := int32(1); partition <= 3; partition++ {
		for _, n := range w.running() {
			w.waitFor("an instance is made", func() error {
				key, err := create(t.Context(), n, partition)
				keys[key] = true
				return err
			})
		}
	}
	if len(keys) != 9 {
		t.Errorf("%d instances with keys of their own instead of 9", len(keys))
	}
	w.stop(0, 1, 2)
	w.start(2, 0, 1) // on other ports
	w.waitFor("the cluster leads again", w.ready)
	if c := w.node(0).Configuration(); c.Version != 1 {
		t.Errorf("the restart made version %d", c.Version)
	}
	if _, err := create(t.Context(), w.node(0), 2); err != nil {
		t.Errorf("after the restart: %v", err)
	}
}

func TestANodeThatLostItsDiskComesBackAsANewGeneration(t *testing.T) {
	w := newWorld(t, shape{nodes: 3, partitions: 2, factor: 3})
	w.deploy(w.node(0))
	old := w.node(2).generation()
	w.stop(2)
	w.loseDisk(2)
	began := time.Now()
	w.start(2)
	w.waitFor("the new disk votes everywhere", w.settled)
	t.Logf("from start to vote: %v", time.Since(began))
	c := w.node(0).Configuration()
	if m, _ := c.Member(2); m.Generation == old || m.Generation != w.node(2).generation() {
		t.Errorf("the configuration has generation %s of node 2; it was %s and is %s", m.Generation, old, w.node(2).generation())
	}
	if len(w.node(2).Hosted()) != 2 {
		t.Errorf("node 2 has %d partitions", len(w.node(2).Hosted()))
	}
}

func TestANodeThatEndsHandsItsLeadershipOver(t *testing.T) {
	w := newWorld(t, shape{nodes: 3, partitions: 1, factor: 3, change: func(c *Config) { c.HandBackAfter = time.Second }})
	w.deploy(w.node(0))
	w.waitFor("node 0 leads, which has the highest priority", w.leads(1, 0))
	w.stop(0)
	began := time.Now()
	if _, err := create(t.Context(), w.node(1), 1); err != nil {
		t.Error(err)
	}
	if gap := time.Since(began); gap > 10*time.Second {
		t.Errorf("nobody led for %v after a graceful end", gap)
	} else {
		t.Logf("the first command after a graceful end took %v", gap)
	}
	w.start(0)
	w.waitFor("node 0 gets its partition back after a while", w.leads(1, 0))
}

// leads is an error until a node leads a partition.
func (w *world) leads(partition, id int32) func() error {
	return func() error {
		n := w.leader(partition)
		if n == nil {
			return errors.New("nobody leads")
		}
		if n.config.ID != id {
			return fmt.Errorf("node %d leads", n.config.ID)
		}
		return nil
	}
}

func TestRebalancingHandsPartitionsBackAtOnce(t *testing.T) {
	w := newWorld(t, shape{nodes: 3, partitions: 3, factor: 3, change: func(c *Config) { c.HandBackAfter = time.Hour }})
	w.stop(0)
	w.waitFor("others lead", w.ready)
	w.start(0)
	w.waitFor("all are back", w.settled)
	w.waitFor("every node leads what it should", func() error {
		if err := w.node(1).RebalanceAll(t.Context()); err != nil {
			return err
		}
		return errors.Join(w.leads(1, 0)(), w.leads(2, 1)(), w.leads(3, 2)())
	})
}

func TestSettingsThatDifferFormNothing(t *testing.T) {
	w := &world{t: t, dir: t.TempDir(), size: 2, nodes: map[int32]*Node{}, fatal: map[int32]error{}, cancels: map[int32]context.CancelFunc{}}
	t.Cleanup(w.close)
	w.change = func(c *Config) { c.Cluster.Partitions, c.Cluster.Factor = 1+int(c.ID), 2 }
	results := w.begin(0, 1)
	select {
	case err := <-results[0]:
		t.Fatalf("it started: %v", err)
	case <-time.After(2 * time.Second):
	}
}

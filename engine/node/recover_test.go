package node

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// inTwoZones puts nodes 0 and 1 into zone a, the others into zone b.
func inTwoZones(c *Config) {
	c.Zone = "a"
	if c.ID >= 2 {
		c.Zone = "b"
	}
}

// The rehearsal of docs/howto-recover-a-region.md.
func TestARegionIsLostAndTheOtherGoesOn(t *testing.T) {
	w := newWorld(t, shape{nodes: 4, partitions: 2, factor: 4, change: inTwoZones})
	w.deploy(w.node(0))
	l := w.load()
	if _, err := w.node(0).Recover(t.Context(), Loss{Zone: "b"}, false); !refusedAs(err, FaultConflict) || !strings.Contains(err.Error(), "still reaches") {
		t.Fatalf("a region that is up was given up: %v", err)
	}
	if _, err := w.node(0).Recover(t.Context(), Loss{Zone: "nowhere"}, false); !refusedAs(err, FaultInvalid) {
		t.Errorf("an unknown zone: %v", err)
	}
	old := map[int32]string{2: w.node(2).generation(), 3: w.node(3).generation()}
	var ends sync.WaitGroup
	for _, id := range []int32{2, 3} {
		ends.Go(func() { w.stop(id) })
	}
	ends.Wait()
	w.waitFor("the loss shows", func() error {
		if err := w.node(0).Ready(); err == nil {
			return errors.New("node 0 is ready")
		}
		return nil
	})
	w.waitFor("the plan can be made", func() error { _, err := w.node(1).Recover(t.Context(), Loss{Zone: "b"}, true); return err })
	if c := w.node(1).Configuration(); c.Version != 1 {
		t.Fatalf("a dry run made version %d", c.Version)
	}
	r, err := w.node(1).Recover(t.Context(), Loss{Zone: "b"}, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("partitions go on with the copies of %v", r.Alone)
	w.waitFor("zone a goes on with two replicas each", w.settled)
	if _, err := w.node(0).Recover(t.Context(), Loss{Zone: "b"}, false); err != nil {
		t.Errorf("asked for once more: %v", err)
	}
	l.end(w) // everything acknowledged, before, meanwhile and after, is there
	for id, generation := range old {
		w.comesBackAnew(id, generation)
	}
	c := w.changed(0, Wish{Scale: &Scale{Add: []int32{2, 3}, ReplicationFactor: 4}})
	if got := fmt.Sprint(placed(c)); got != "[0123 0123]" {
		t.Errorf("after the fail-back the partitions are on %s", got)
	}
	if _, err := create(t.Context(), w.node(3), 2); err != nil {
		t.Error(err)
	}
}

// comesBackAnew starts a node that was abandoned: it ends when it learns so, and starts anew.
func (w *world) comesBackAnew(id int32, generation string) {
	w.t.Helper()
	first := w.begin(id)[0]
	w.waitFor("the node finds that it was abandoned", func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		var abandoned *AbandonedError
		if !errors.As(w.fatal[id], &abandoned) {
			return fmt.Errorf("%v", w.fatal[id])
		}
		return nil
	})
	w.endOpening(id, first)
	w.begin(id)
	w.waitFor("it waits as a new generation", func() error {
		for _, m := range w.node(0).nodes() {
			if m.Node == id && m.Generation != generation {
				return nil
			}
		}
		return errors.New("it is not seen")
	})
}

// endOpening ends a node that may or may not have opened.
func (w *world) endOpening(id int32, result chan error) {
	w.t.Helper()
	w.mu.Lock()
	cancel := w.cancels[id]
	w.mu.Unlock()
	cancel()
	select {
	case err := <-result:
		if err == nil {
			w.stop(id)
		}
	case <-time.After(patience):
		w.t.Fatalf("node %d does not end", id)
	}
}

// A majority that is left needs no recovery, and gets none.
func TestWhatHasAMajorityIsNotRecovered(t *testing.T) {
	w := newWorld(t, shape{nodes: 3, partitions: 1, factor: 3})
	w.stop(2)
	w.waitFor("it is refused for the right reason", func() error {
		_, err := w.node(0).Recover(t.Context(), Loss{Nodes: []int32{2}}, false)
		if refusedAs(err, FaultInvalid) && strings.Contains(err.Error(), "every partition has a majority") {
			return nil
		}
		return fmt.Errorf("got %v", err)
	})
	w.stop(1)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	w.waitFor("a survivor that is named lost by nobody must answer", func() error {
		_, err := w.node(0).Recover(ctx, Loss{Nodes: []int32{2}}, false)
		if refusedAs(err, FaultUnavailable) {
			return nil
		}
		return fmt.Errorf("got %v", err)
	})
}

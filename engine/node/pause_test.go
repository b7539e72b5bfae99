package node

import (
	"errors"
	"testing"
)

func TestPausesArePerNodeAndLastOverRestarts(t *testing.T) {
	w := newWorld(t, shape{nodes: 3, partitions: 1, factor: 3})
	w.deploy(w.node(0))
	for _, n := range w.running() {
		if err := n.PauseProcessing(true); err != nil {
			t.Fatal(err)
		}
	}
	if key, err := create(t.Context(), w.node(1), 1); err == nil {
		t.Errorf("instance %d was made while processing is paused", key)
	}
	w.stop(2)
	w.start(2)
	if s := w.node(2).PartitionStatuses(); len(s) != 1 || !s[0].ProcessingPaused {
		t.Errorf("after a restart: %+v", s)
	}
	for _, n := range w.running() {
		if err := n.PauseProcessing(false); err != nil {
			t.Fatal(err)
		}
	}
	w.waitFor("instances are made again", func() error { _, err := create(t.Context(), w.node(1), 1); return err })
	w.waitFor("all nodes stop exporting", func() error { return w.node(0).PauseExportingEverywhere(t.Context(), true) })
	for _, n := range w.running() {
		if !n.PartitionStatuses()[0].ExportingPaused {
			t.Errorf("node %d goes on exporting", n.config.ID)
		}
		if err := n.TakeSnapshots(); err != nil {
			t.Error(err)
		}
	}
	w.stop(2)
	w.waitFor("a node that is away is told of", func() error {
		if err := w.node(0).PauseExportingEverywhere(t.Context(), false); !refusedAs(err, FaultUnavailable) {
			return errors.New("it was not")
		}
		return nil
	})
}

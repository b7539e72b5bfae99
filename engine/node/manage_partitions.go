package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The calls to single nodes about what they hold.
const manageExporting = "node.exporting"

// PartitionStatus is a partition as it is on this node.
type PartitionStatus struct {
	ID int32
	// Leads: this node decides for it.
	Leads bool
	// ProcessingPaused and ExportingPaused are as an operator set them on this node.
	ProcessingPaused, ExportingPaused bool
	// Term and LastIndex are where its log ends on this node.
	Term, LastIndex uint64
	// Applied is the last entry in the state.
	Applied uint64
	// Exported are the positions that exporters have delivered, by exporter; at the leader only.
	Exported map[string]int64
	// Failure is why the replica does not work; "": it does.
	Failure string
}

// PartitionStatuses tells of all partitions on this node, by number.
func (n *Node) PartitionStatuses() []PartitionStatus {
	paused := n.paused()
	var all []PartitionStatus
	for _, h := range n.Hosted() {
		s := PartitionStatus{
			ID: h.ID, Leads: h.Partition.Leads(), ProcessingPaused: h.Partition.Paused(), ExportingPaused: paused.Exporting,
			Applied: h.Replica.Store().AppliedIndex(), Exported: map[string]int64{},
		}
		s.Term, s.LastIndex = h.Replica.LastIndex()
		for _, e := range h.Exporters() {
			s.Exported[e.ID] = e.Flushed
		}
		if err := h.Replica.Err(); err != nil {
			s.Failure = err.Error()
		}
		all = append(all, s)
	}
	return all
}

// pauses are what an operator has stopped on this node. They are on the disk: a node that restarts
// must not go on with what somebody stopped to look into.
type pauses struct {
	Processing bool `json:"processing"`
	Exporting  bool `json:"exporting"`
}

// pausesName is the file of the pauses, in the data folder.
const pausesName = "paused.json"

// paused reads the pauses.
func (n *Node) paused() pauses {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.pauses
}

func readPauses(data string) (p pauses, err error) {
	text, err := os.ReadFile(filepath.Join(data, pausesName))
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return p, fmt.Errorf("%s, which says what is paused on this node: %w (remove it to pause nothing)", filepath.Join(data, pausesName), err)
	}
	return p, nil
}

// pause changes what is paused on this node, on the disk first.
func (n *Node) pause(change func(*pauses)) error {
	n.mu.Lock()
	p := n.pauses
	change(&p)
	text, err := json.Marshal(p)
	if err == nil {
		err = writeFile(filepath.Join(n.config.Data, pausesName), text)
	}
	if err == nil {
		n.pauses = p
	}
	n.mu.Unlock()
	if err != nil {
		return fmt.Errorf("what is paused could not be written down: %w", err)
	}
	for _, h := range n.Hosted() {
		h.pause(p)
	}
	return nil
}

// pause stops what is to be paused of a partition, and lets go on what is not.
func (h *Hosted) pause(p pauses) {
	h.Partition.Pause(p.Processing)
	h.exporting.pause(p.Exporting)
}

// PauseProcessing stops processing at this node's partitions, or resumes it: while it is paused those
// that this node leads refuse commands and their time stands still; see partition.Partition.Pause. As
// with Zeebe's brokers it is this node alone, and it lasts over restarts.
func (n *Node) PauseProcessing(paused bool) error {
	return n.pause(func(p *pauses) { p.Processing = paused })
}

// PauseExporting stops exporting at this node's partitions, or resumes it. The log is kept meanwhile.
// It lasts over restarts.
func (n *Node) PauseExporting(paused bool) error {
	return n.pause(func(p *pauses) { p.Exporting = paused })
}

// PauseExportingEverywhere does so at every node of the cluster. It fails if one of them cannot be
// reached; then it is to be repeated.
func (n *Node) PauseExportingEverywhere(ctx context.Context, paused bool) error {
	body, err := json.Marshal(paused)
	if err != nil {
		return err
	}
	errs := []error{n.askAll(ctx, manageExporting, body)}
	if c := n.configuration(); c != nil {
		for _, m := range c.Members {
			if !n.config.single() && !n.seen(m.Node, m.Generation) {
				errs = append(errs, fmt.Errorf("node %d is not seen", m.Node))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return refuse(FaultUnavailable, "%v (repeat it when all nodes are up)", err)
	}
	return nil
}

func (n *Node) exportingHere(_ context.Context, _ string, body []byte) ([]byte, error) {
	var paused bool
	if err := json.Unmarshal(body, &paused); err != nil {
		return nil, err
	}
	return nil, n.PauseExporting(paused)
}

// TakeSnapshots makes the state of this node's partitions safe on disk and shortens their logs.
func (n *Node) TakeSnapshots() error {
	var errs []error
	for _, h := range n.Hosted() {
		if err := h.Replica.Snapshot(); err != nil {
			errs = append(errs, fmt.Errorf("partition %d: %w", h.ID, err))
		}
	}
	return errors.Join(errs...)
}

// ExporterIDs lists the exporters of this node's settings.
func (n *Node) ExporterIDs() []string { return n.exporterIDs() }

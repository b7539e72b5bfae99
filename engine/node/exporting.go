package node

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/payhub/payhub/engine/export"
	"github.com/payhub/payhub/engine/raftlog"
	"github.com/payhub/payhub/engine/record"
)

// Exporter makes the exporters of a partition, each time this node takes up its leadership.
type Exporter struct {
	ID string
	// New makes a fresh exporter; its life ends with the leadership.
	New func() export.Exporter
	// Settings are handed to the exporter's Configure.
	Settings map[string]any
	// Accept tells which records it gets; nil takes all.
	Accept func(*record.Record) bool
}

// exporting runs the exporters of one partition while this node leads it.
type exporting struct {
	partition int32
	exporters []Exporter
	replica   *raftlog.Replica
	submit    func(context.Context, record.Record) (record.Record, error)
	log       *slog.Logger

	mu       sync.Mutex
	director *export.Director
	paused   bool
	leads    bool

	acked sync.Mutex
	known map[string]export.Position // what each exporter has acknowledged, while this node leads
}

// lead begins or ends exporting with the leadership. known is what each exporter has acknowledged.
func (x *exporting) lead(leads bool, known []record.Exporter) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.leads = leads
	positions := map[string]export.Position{}
	for _, e := range known {
		positions[e.ExporterID] = export.Position{Record: e.Position, Index: e.Index, Metadata: e.Metadata}
	}
	x.acked.Lock()
	x.known = positions
	x.acked.Unlock()
	x.settle()
}

// pause stops exporting until resume, at the leader too; the log is kept meanwhile.
func (x *exporting) pause(paused bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.paused = paused
	x.settle()
}

// settle starts or stops the director as role and pause say; x.mu is held.
func (x *exporting) settle() {
	if x.director != nil {
		x.director.Stop()
		x.director = nil
	}
	if !x.leads || x.paused || len(x.exporters) == 0 {
		return
	}
	x.acked.Lock()
	var entries []export.Entry
	for _, e := range x.exporters {
		entries = append(entries, export.Entry{
			ID: e.ID, Exporter: e.New(), Settings: e.Settings, Accept: e.Accept, Acknowledged: x.known[e.ID],
		})
	}
	x.acked.Unlock()
	director, err := export.Start(export.Config{
		Partition: x.partition, Source: x.replica, Exporters: entries, Log: x.log, Acknowledge: x.acknowledge,
	})
	if err != nil {
		x.log.Error("exporters do not start; nothing is exported until this is mended", "partition", x.partition, "error", err)
		return
	}
	x.director = director
}

// acknowledge writes what an exporter has delivered into the log.
func (x *exporting) acknowledge(ctx context.Context, exporter string, at export.Position) error {
	answer, err := x.submit(ctx, record.NewCommand(-1, record.ExporterAcknowledge, &record.Exporter{
		ExporterID: exporter, Position: at.Record, Index: at.Index, Metadata: at.Metadata,
	}))
	switch {
	case err != nil:
		return err
	case answer.IsRejection():
		return errors.New(answer.RejectionReason)
	}
	x.acked.Lock()
	defer x.acked.Unlock()
	x.known[exporter] = at
	return nil
}

// status is how far each exporter has come; none while this node does not export.
func (x *exporting) status() []export.Status {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.director == nil {
		return nil
	}
	return x.director.Status()
}

package main

import (
	"context"
	"errors"
	"math"
	"path/filepath"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/export"
	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/raftlog"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/exporter/opsstore"
	"github.com/payhub/payhub/hub/ops"
)

// startOperations opens the operations store and begins to fill it; nil if there is none.
func (n *node) startOperations(ctx context.Context, e *engine) (*ops.Store, error) {
	var store *ops.Store
	if n.Operations.Store == "sqlite" {
		var err error
		if store, err = ops.Open(ctx, filepath.Join(n.Engine.Data, "operations.db")); err != nil {
			return nil, failed("start", "operations store: "+err.Error(),
				"restore operations.db, or move it away: payments go on without it, and lists miss what was before")
		}
		n.onStop("operations store", func(context.Context) error { return store.Close() })
	}
	for id, p := range e.partitions {
		if store == nil {
			if err := e.replicas[id].SetExportLimit(math.MaxUint64); err != nil {
				return nil, failed("start", err.Error(), "")
			}
			continue
		}
		if err := n.startExporting(ctx, id, p, e.replicas[id], store); err != nil {
			return nil, err
		}
	}
	return store, nil
}

// startExporting carries a partition's records to the operations store.
func (n *node) startExporting(ctx context.Context, id int32, p *partition.Partition, replica *raftlog.Replica, store *ops.Store) error {
	if err := leading(ctx, p); err != nil {
		return err
	}
	entry := export.Entry{ID: opsstore.ID, Exporter: opsstore.New(store), Accept: opsstore.Accept}
	err := p.Query(ctx, func(m partition.Machine) {
		for _, known := range m.(*core.Core).Exporters() {
			if known.ExporterID == opsstore.ID {
				entry.Acknowledged = export.Position{Record: known.Position, Index: known.Index, Metadata: known.Metadata}
			}
		}
	})
	if err != nil {
		return failed("start", err.Error(), "")
	}
	director, err := export.Start(export.Config{
		Partition: id, Source: replica, Exporters: []export.Entry{entry}, Log: n.log.With("partition", id),
		Acknowledge: func(ctx context.Context, exporter string, at export.Position) error {
			answer, err := p.Submit(ctx, record.NewCommand(-1, record.ExporterAcknowledge, &record.Exporter{
				ExporterID: exporter, Position: at.Record, Index: at.Index, Metadata: at.Metadata,
			}))
			if err == nil && answer.IsRejection() {
				err = errors.New(answer.RejectionReason)
			}
			if err != nil {
				return err
			}
			return replica.SetExportLimit(at.Index)
		},
	})
	if err != nil {
		return failed("start", err.Error(), "")
	}
	n.onStop("exporters", func(context.Context) error { director.Stop(); return nil })
	n.metrics.MustRegister(exporterMetrics(id, director))
	return nil
}

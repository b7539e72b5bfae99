package main

import (
	"context"
	"path/filepath"

	"github.com/payhub/payhub/engine/export"
	enginenode "github.com/payhub/payhub/engine/node"
	"github.com/payhub/payhub/exporter/opsstore"
	"github.com/payhub/payhub/hub/ops"
)

// openOperations opens the operations store, nil if there is none, and says what fills it. The
// store is closed after what is registered by then has ended.
func (n *node) openOperations(ctx context.Context) (*ops.Store, []enginenode.Exporter, error) {
	if n.Operations.Store != "sqlite" {
		return nil, nil, nil
	}
	store, err := ops.Open(ctx, filepath.Join(n.Engine.Data, "operations.db"))
	if err != nil {
		return nil, nil, failed("start", "operations store: "+err.Error(),
			"restore operations.db, or move it away: payments go on without it, and lists miss what was before")
	}
	n.onStop("operations store", func(context.Context) error { return store.Close() })
	filling := enginenode.Exporter{
		ID: opsstore.ID, Accept: opsstore.Accept, New: func() export.Exporter { return opsstore.New(store) },
	}
	return store, []enginenode.Exporter{filling}, nil
}

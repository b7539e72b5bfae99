package main

import (
	"context"

	enginenode "github.com/payhub/payhub/engine/node"
	"github.com/payhub/payhub/hub/ops"
)

// startParts starts what the node's roles ask for, each part after those it needs, and registers
// with onStop and onReady how each ends and when it is ready.
func startParts(ctx context.Context, n *node) error {
	var store *ops.Store
	if n.HasRole("engine") {
		engine, err := n.startEngine(ctx, func() (exporters []enginenode.Exporter, err error) {
			store, exporters, err = n.openOperations(ctx)
			return exporters, err
		})
		if err != nil {
			return err
		}
		if n.HasRole("gateway") {
			if err := n.startGateway(engine.Router()); err != nil {
				return err
			}
		}
	}
	ledgers, err := n.openLedgers(ctx)
	if err != nil {
		return err
	}
	client, err := n.dialGateway()
	if err != nil || client == nil {
		return err
	}
	if err := n.startConnectors(ctx, client, ledgers); err != nil {
		return err
	}
	return n.startHub(ctx, client, store, ledgers)
}

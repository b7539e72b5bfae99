package main

import "context"

// startParts starts what the node's roles ask for, each part after those it needs, and registers
// with onStop and onReady how each ends and when it is ready.
func startParts(ctx context.Context, n *node) error {
	engine, err := n.startEngine(ctx)
	if err != nil {
		return err
	}
	store, err := n.startOperations(ctx, engine)
	if err != nil {
		return err
	}
	if err := n.startGateway(engine); err != nil {
		return err
	}
	ledgers, err := n.openLedgers(ctx)
	if err != nil {
		return err
	}
	client, err := n.dialGateway()
	if err != nil {
		return err
	}
	if err := n.startConnectors(ctx, client, ledgers); err != nil {
		return err
	}
	return n.startHub(ctx, client, store, ledgers)
}

package node

import (
	"context"
	"errors"
	"fmt"
)

const manageRebalance = "node.rebalance"

// RebalanceAll has every node that is seen hand the partitions that it should not lead to those that
// should. As Zeebe's it does what can be done now, and partitions have no leader for a moment. Errors:
// those of nodes that were not reached, joined.
func (n *Node) RebalanceAll(ctx context.Context) error {
	return n.askAll(ctx, manageRebalance, nil)
}

func (n *Node) rebalanceHere(context.Context, string, []byte) ([]byte, error) {
	n.Rebalance()
	return nil, nil
}

// askAll makes a call at every node that is seen, this one first.
func (n *Node) askAll(ctx context.Context, name string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, manageCall)
	defer cancel()
	errs := []error{n.askOne(ctx, string(n.log.ServerID()), name, body)}
	for _, m := range n.nodes() {
		if m.Node != n.config.ID {
			errs = append(errs, n.askOne(ctx, m.ServerID(), name, body))
		}
	}
	return errors.Join(errs...)
}

func (n *Node) askOne(ctx context.Context, server, name string, body []byte) error {
	if _, err := n.ask(ctx, server, name, body); err != nil {
		return fmt.Errorf("node %s: %w", server, err)
	}
	return nil
}

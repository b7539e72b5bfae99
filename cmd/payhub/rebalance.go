package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

func (a *app) rebalanceCommand() *cobra.Command {
	m := &managementClient{a: a}
	c := &cobra.Command{
		Use: "rebalance", Short: "hand partitions to the nodes that should lead them", Args: noArguments,
		Example: "  payhub rebalance   # best effort; payhub topology shows who leads",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := m.call(c.Context(), "rebalance", http.MethodPost, "/rebalance", nil, nil); err != nil {
				return err
			}
			if a.output != "json" {
				fmt.Fprintln(a.Out, "rebalance: done")
			}
			return nil
		},
	}
	m.addFlag(c)
	return c
}

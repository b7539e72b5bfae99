package main

import (
	"net/http"

	"github.com/spf13/cobra"
)

func (m *managementClient) replaceCommand() *cobra.Command {
	var f changeFlags
	var request struct {
		Node int32 `json:"node"`
		By   int32 `json:"by"`
	}
	c := &cobra.Command{
		Use: "replace", Short: "put a new node in the place of an old one", Args: noArguments,
		Example: "  payhub cluster replace --node 1 --by 3",
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("node") || !c.Flags().Changed("by") {
				return usage("cluster replace", "--node and --by are needed", "see payhub cluster replace --help")
			}
			return m.change(c.Context(), "cluster replace", http.MethodPost, "/cluster/replace", request, f)
		},
	}
	c.Flags().Int32Var(&request.Node, "node", 0, "node that goes")
	c.Flags().Int32Var(&request.By, "by", 0, "node that takes its place; it must be up")
	f.add(c)
	return c
}

package main

import (
	"net/http"

	"github.com/spf13/cobra"
)

func (m *managementClient) moveCommand() *cobra.Command {
	var f changeFlags
	var request struct {
		Partition int32 `json:"partition"`
		From      int32 `json:"from"`
		To        int32 `json:"to"`
	}
	c := &cobra.Command{
		Use: "move", Short: "move a partition from one node to another", Args: noArguments,
		Example: "  payhub cluster move --partition 2 --from 0 --to 3",
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("partition") || !c.Flags().Changed("from") || !c.Flags().Changed("to") {
				return usage("cluster move", "--partition, --from and --to are needed", "see payhub cluster move --help")
			}
			return m.change(c.Context(), "cluster move", http.MethodPost, "/cluster/move", request, f)
		},
	}
	c.Flags().Int32Var(&request.Partition, "partition", 0, "partition")
	c.Flags().Int32Var(&request.From, "from", 0, "node that has it")
	c.Flags().Int32Var(&request.To, "to", 0, "node that gets it")
	f.add(c)
	return c
}

package main

import (
	"net/http"

	"github.com/spf13/cobra"
)

// scaleCommand is scale, and plan, which is its dry run.
func (m *managementClient) scaleCommand(name string) *cobra.Command {
	var add, remove []int32
	var partitions, factor int
	var f changeFlags
	short := "add and remove nodes, add partitions, change the replication factor"
	if name == "plan" {
		short = "print what scale with the same flags would do"
	}
	c := &cobra.Command{
		Use: name, Short: short, Args: noArguments,
		Example: "  payhub cluster " + name + " --add 3,4 --remove 0\n  payhub cluster " + name + " --partitions 5 --factor 3",
		RunE: func(c *cobra.Command, _ []string) error {
			request := map[string]any{
				"brokers":    map[string]any{"add": add, "remove": remove},
				"partitions": map[string]any{"count": partitions, "replicationFactor": factor},
			}
			f.dryRun = f.dryRun || name == "plan"
			return m.change(c.Context(), "cluster "+name, http.MethodPatch, "/cluster", request, f)
		},
	}
	c.Flags().Int32SliceVar(&add, "add", nil, "nodes to add; they must be up")
	c.Flags().Int32SliceVar(&remove, "remove", nil, "nodes to remove")
	c.Flags().IntVar(&partitions, "partitions", 0, "number of partitions there shall be; it can only grow")
	c.Flags().IntVar(&factor, "factor", 0, "number of nodes that shall have each partition")
	if name == "scale" {
		f.add(c)
	}
	return c
}

package main

import (
	"io"
	"net/http"

	"github.com/payhub/payhub/engine/gateway/actuator"
	"github.com/spf13/cobra"
)

func (m *managementClient) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use: "cancel", Short: "end the change under way where it is", Args: noArguments,
		Example: "  payhub cluster cancel",
		RunE: func(c *cobra.Command, _ []string) error {
			var t actuator.Topology
			if err := m.call(c.Context(), "cluster cancel", http.MethodDelete, "/cluster/changes/0", nil, &t); err != nil {
				return err
			}
			return m.a.print(t, func(w io.Writer) { clusterText(w, t) })
		},
	}
}

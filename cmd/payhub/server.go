package main

import (
	"github.com/payhub/payhub/internal/config"
	"github.com/spf13/cobra"
)

func (a *app) serverCommand() *cobra.Command {
	var file, addressesFile string
	c := &cobra.Command{
		Use: "server", Short: "run a production node", Args: noArguments,
		Example: "  payhub server --config payhub.yaml\n  payhub server --roles '[engine, gateway]' --engine.data /var/lib/payhub",
		RunE: func(c *cobra.Command, _ []string) error {
			loaded, err := a.loadConfig(c, file, nil)
			if err != nil {
				return err
			}
			if err := unsupported(loaded); err != nil {
				return err
			}
			return newNode(loaded, newLog(a.Err, loaded.Log)).run(c.Context(), addressesFile, startParts)
		},
	}
	c.Flags().StringVar(&file, "config", "", "configuration file (PAYHUB_CONFIG)")
	c.Flags().StringVar(&addressesFile, "addresses-file", "", "file to write the bound addresses to, once everything is ready")
	config.AddFlags(c.Flags())
	return c
}

// unsupported refuses settings that are right and that this version cannot carry out.
func unsupported(c *config.Loaded) error {
	refuse := func(key, why string) error { return notAvailable("configuration: "+key, why) }
	switch {
	case c.HasRole("gateway") && !c.HasRole("engine"):
		return refuse("roles", "a gateway alone is not built yet; give the process the role engine, too, or leave gateway out")
	case c.Gateway.Security.Mode == "oidc":
		return refuse("gateway.security.mode", "oidc is not built yet; use mtls, or keep to loopback listeners with none")
	case len(c.Exporters) > 0:
		return refuse("exporters", "the only exporter so far is the operations store, see operations.store")
	case len(c.Hub.Peers) > 0:
		return refuse("hub.peers", "callbacks are not handed to other hubs yet")
	case c.Scheme.Listen != "":
		return refuse("scheme.listen", "there is no scheme adapter yet")
	case c.Operations.Store != "sqlite" && c.Operations.Store != "none":
		return refuse("operations.store", "PostgreSQL is not built yet; use sqlite or none")
	}
	return nil
}

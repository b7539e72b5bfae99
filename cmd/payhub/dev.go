package main

import (
	"os"

	"github.com/payhub/payhub/internal/config"
	"github.com/spf13/cobra"
)

func (a *app) devCommand() *cobra.Command {
	var file, data, addressesFile string
	var temporary bool
	c := &cobra.Command{
		Use: "dev", Short: "everything in one process on loopback, with two tenants and their ledgers", Args: noArguments,
		Long: "Runs engine, gateway, payment API, connectors, the tenants greenbank (pays) and bluebank (is paid) with ledgers, " +
			"their simulated faults under /sim, and the operations store.",
		Example: "  payhub dev                 # keeps its data in ./payhub-data\n  payhub dev --temporary     # a folder that is deleted at the end",
		RunE: func(c *cobra.Command, _ []string) error {
			defaults := map[string]any{"hub.tenants": []string{"greenbank", "bluebank"}}
			if temporary {
				if data != "" || c.Flags().Changed("engine.data") {
					return usage("dev", "--temporary and a data folder exclude each other", "leave one out")
				}
				folder, err := os.MkdirTemp("", "payhub-dev-")
				if err != nil {
					return failed("dev", err.Error(), "")
				}
				defer os.RemoveAll(folder)
				data = folder
			}
			if data != "" {
				if err := c.Flags().Set("engine.data", data); err != nil {
					return failed("dev", err.Error(), "")
				}
			}
			loaded, err := a.loadConfig(c, file, defaults)
			if err != nil {
				return err
			}
			if err := unsupported(loaded); err != nil {
				return err
			}
			n := newNode(loaded, newLog(a.Err, loaded.Log))
			n.dev = true
			return n.run(c.Context(), addressesFile, startParts)
		},
	}
	c.Flags().StringVar(&file, "config", "", "configuration file (PAYHUB_CONFIG)")
	c.Flags().StringVar(&data, "data", "", "data folder (default ./payhub-data)")
	c.Flags().BoolVar(&temporary, "temporary", false, "keep the data in a folder that is deleted at the end")
	c.Flags().StringVar(&addressesFile, "addresses-file", "", "file to write the bound addresses to, once everything is ready")
	config.AddFlags(c.Flags())
	return c
}

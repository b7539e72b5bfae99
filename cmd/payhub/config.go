package main

import (
	"fmt"
	"io"

	"github.com/payhub/payhub/internal/config"
	"github.com/spf13/cobra"
)

func (a *app) configCommand() *cobra.Command {
	return group("config", "look at the configuration", "  payhub config show --config payhub.yaml", a.configShowCommand())
}

// loadConfig reads the configuration of a command that has config.AddFlags.
func (a *app) loadConfig(c *cobra.Command, file string, defaults map[string]any) (*config.Loaded, error) {
	if file == "" {
		file = a.env("PAYHUB_CONFIG")
	}
	loaded, err := config.Load(config.Sources{
		File: file, Environ: a.Environ, Flags: c.Flags(), Defaults: defaults,
		Warn: func(text string) { fmt.Fprintln(a.Err, "payhub: warning: "+text) },
	})
	if err != nil {
		return nil, usage("configuration", err.Error(), "payhub config show prints every key; docs/surface.md explains them")
	}
	return loaded, nil
}

func (a *app) configShowCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "show", Short: "print what is in force and where each value came from, secrets masked", Args: noArguments,
		Example: "  payhub config show --config payhub.yaml\n  PAYHUB_ENGINE_PARTITIONS=3 payhub config show -o json",
		RunE: func(c *cobra.Command, _ []string) error {
			loaded, err := a.loadConfig(c, file, nil)
			if err != nil {
				return err
			}
			shown := loaded.Show()
			return a.print(shown, func(w io.Writer) {
				rows := make([][]string, 0, len(shown))
				for _, s := range shown {
					rows = append(rows, []string{s.Key, s.Text(), s.Origin})
				}
				table(w, []string{"KEY", "VALUE", "FROM"}, rows)
			})
		},
	}
	c.Flags().StringVar(&file, "config", "", "configuration file (PAYHUB_CONFIG)")
	config.AddFlags(c.Flags())
	return c
}

package main

import (
	"os"
	"path/filepath"

	"github.com/payhub/payhub/engine/bpmn"
	"github.com/spf13/cobra"
)

func (a *app) convertCommand() *cobra.Command {
	var to string
	c := &cobra.Command{
		Use: "convert FILE.yaml", Short: "write a YAML workflow as BPMN with a diagram", Args: arguments(1, 1, "one file"),
		Example: "  payhub convert flow.yaml > flow.bpmn\n  payhub convert flow.yaml --to flow.bpmn",
		RunE: func(_ *cobra.Command, args []string) error {
			source, err := os.ReadFile(args[0])
			if err != nil {
				return usage("convert", err.Error(), "")
			}
			model, err := bpmn.ConvertYAML(source)
			if err != nil {
				return failed("convert", filepath.Base(args[0])+": "+err.Error(), "")
			}
			if to == "" {
				_, err = a.Out.Write(model)
				return err
			}
			if err := os.WriteFile(to, model, 0o644); err != nil {
				return failed("convert", err.Error(), "")
			}
			return nil
		},
	}
	c.Flags().StringVar(&to, "to", "", "file to write; standard output when empty")
	return c
}

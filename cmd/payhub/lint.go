package main

import (
	"fmt"
	"io"

	"github.com/payhub/payhub/engine/bpmn"
	"github.com/spf13/cobra"
)

// linted is what lint says of one file.
type linted struct {
	File      string   `json:"file"`
	Processes []string `json:"processes"`
	Error     string   `json:"error,omitempty"`
}

func (a *app) lintCommand() *cobra.Command {
	var dfsp string
	c := &cobra.Command{
		Use: "lint FILE|DIR…", Short: "check BPMN files and YAML workflows as a deployment would, without deploying", Args: arguments(1, -1, "at least one file or folder"),
		Example: "  payhub lint flows/transfer.bpmn\n  payhub lint payment-hub-ee-flows -o json",
		RunE: func(_ *cobra.Command, args []string) error {
			resources, err := readResources("lint", args, dfsp)
			if err != nil {
				return err
			}
			files, wrong := make([]linted, 0, len(resources)), 0
			for _, r := range resources {
				file := lint(r)
				if file.Error != "" {
					wrong++
				}
				files = append(files, file)
			}
			err = a.print(files, func(w io.Writer) {
				for _, f := range files {
					if f.Error != "" {
						fmt.Fprintln(w, f.Error)
						continue
					}
					fmt.Fprintf(w, "%s: ok, %v\n", f.File, f.Processes)
				}
			})
			if err == nil && wrong > 0 {
				return failed("lint", fmt.Sprintf("%d of %d files would be refused", wrong, len(files)), "")
			}
			return err
		},
	}
	c.Flags().StringVar(&dfsp, "dfsp", "", "name that replaces the placeholder "+placeholderDFSP)
	return c
}

func lint(r resource) linted {
	file := linted{File: r.name, Processes: []string{}}
	read, err := bpmn.Read(r.name, r.content)
	if err != nil {
		file.Error = err.Error()
		return file
	}
	for _, p := range read.Processes {
		file.Processes = append(file.Processes, p.ID)
	}
	return file
}

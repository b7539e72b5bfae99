package main

import (
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "print the version", Args: noArguments,
		Example: "  payhub version -o json",
		RunE: func(*cobra.Command, []string) error {
			answer := map[string]string{"version": version, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH}
			return a.print(answer, func(w io.Writer) {
				fmt.Fprintf(w, "payhub %s (%s, %s)\n", version, answer["go"], answer["platform"])
			})
		},
	}
}

package main

import "github.com/spf13/cobra"

// chaosCommand groups what proves a staging cluster under faults.
func (a *app) chaosCommand() *cobra.Command {
	return group("chaos", "prove that a staging cluster keeps its word while it is harmed",
		"  payhub chaos run --nodes '[10.0.0.1:26500, 10.0.0.2:26500, 10.0.0.3:26500]' --every 30s --fault 'kubectl delete pod payhub-1 --now'",
		a.chaosRunCommand())
}

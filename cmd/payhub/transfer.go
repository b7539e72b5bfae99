package main

import "github.com/spf13/cobra"

func (a *app) transferCommand() *cobra.Command {
	return group("transfer", "payments", "  payhub transfer list --state IN_DOUBT\n  payhub transfer show 6f2d0c1e-…",
		a.transferCreateCommand(), a.transferShowCommand(), a.transferListCommand())
}

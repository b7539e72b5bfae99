package main

import "github.com/spf13/cobra"

func (a *app) instanceCommand() *cobra.Command {
	return group("instance", "process instances", "  payhub instance list --state ACTIVE\n  payhub instance show 2251799813685251",
		a.instanceListCommand(), a.instanceShowCommand(), a.instanceCreateCommand(), a.instanceCancelCommand(), a.instanceSetVariablesCommand())
}

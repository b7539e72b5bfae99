package main

import "github.com/spf13/cobra"

func (a *app) jobCommand() *cobra.Command {
	return group("job", "jobs", "  payhub job activate payment --max 1\n  payhub job complete 2251799813685260 --vars '{}'",
		a.jobListCommand(), a.jobActivateCommand(), a.jobCompleteCommand(), a.jobFailCommand(), a.jobThrowErrorCommand(), a.jobUpdateRetriesCommand())
}

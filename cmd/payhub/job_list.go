package main

import (
	"fmt"

	"github.com/payhub/payhub/hub/ops"
	"github.com/spf13/cobra"
)

func (a *app) jobListCommand() *cobra.Command {
	return listCommand(a, listOf[ops.Job]{
		what: "job list", short: "list open jobs, newest first", example: "  payhub job list --type hold-funds",
		path:    "/api/v1/jobs",
		filters: map[string]filter{"type": {"type", "job type"}},
		heading: []string{"JOB", "TYPE", "INSTANCE", "ELEMENT", "RETRIES", "WORKER", "CREATED", "ERROR"},
		row: func(j *ops.Job) []string {
			return []string{fmt.Sprint(j.Key), j.Type, fmt.Sprint(j.InstanceKey), j.ElementID, fmt.Sprint(j.Retries), j.Worker, timeText(j.CreatedAt), j.Error}
		},
	})
}

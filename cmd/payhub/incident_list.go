package main

import (
	"fmt"

	"github.com/payhub/payhub/hub/ops"
	"github.com/spf13/cobra"
)

func (a *app) incidentListCommand() *cobra.Command {
	return listCommand(a, listOf[ops.Incident]{
		what: "incident list", short: "list incidents, newest first", example: "  payhub incident list --state OPEN",
		path:    "/api/v1/incidents",
		filters: map[string]filter{"state": {"state", "OPEN or RESOLVED"}},
		heading: []string{"INCIDENT", "TYPE", "INSTANCE", "ELEMENT", "JOB", "CREATED", "RESOLVED", "ERROR"},
		row: func(i *ops.Incident) []string {
			job := ""
			if i.JobKey > 0 {
				job = fmt.Sprint(i.JobKey)
			}
			return []string{fmt.Sprint(i.Key), i.ErrorType, fmt.Sprint(i.InstanceKey), i.ElementID, job, timeText(i.CreatedAt), timeText(i.ResolvedAt), i.Error}
		},
	})
}

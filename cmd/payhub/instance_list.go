package main

import (
	"fmt"

	"github.com/payhub/payhub/hub/ops"
	"github.com/spf13/cobra"
)

func (a *app) instanceListCommand() *cobra.Command {
	return listCommand(a, listOf[ops.Instance]{
		what: "instance list", short: "list process instances, newest first", example: "  payhub instance list --state INCIDENT --limit 10",
		path: "/api/v1/instances",
		filters: map[string]filter{
			"state":   {"state", "ACTIVE, INCIDENT, COMPLETED or TERMINATED"},
			"process": {"processDefinitionId", "id of the process"},
		},
		heading: []string{"INSTANCE", "PROCESS", "VERSION", "STATE", "STARTED", "ENDED"},
		row: func(i *ops.Instance) []string {
			state := i.State.String()
			if i.HasIncident {
				state += " (incident)"
			}
			return []string{fmt.Sprint(i.Key), i.ProcessID, fmt.Sprint(i.Version), state, timeText(i.StartedAt), timeText(i.EndedAt)}
		},
	})
}

package main

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/spf13/cobra"
)

func (a *app) incidentCommand() *cobra.Command {
	return group("incident", "incidents: places where an instance waits for a person", "  payhub incident list\n  payhub incident resolve 2251799813685270",
		a.incidentListCommand(), a.incidentResolveCommand())
}

func (a *app) incidentResolveCommand() *cobra.Command {
	return a.keyCommand("incident resolve", "resolve KEY", "resolve an incident once its cause is cured (a job needs retries first)", "  payhub job update-retries 2251799813685260 --retries 1 && payhub incident resolve 2251799813685270",
		func(ctx context.Context, g gatewayClient, key int64) error {
			_, err := g.ResolveIncident(ctx, &gatewaypb.ResolveIncidentRequest{IncidentKey: key})
			return err
		})
}

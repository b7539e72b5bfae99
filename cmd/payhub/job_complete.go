package main

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/spf13/cobra"
)

func (a *app) jobCompleteCommand() *cobra.Command {
	var vars string
	c := a.keyCommand("job complete", "complete KEY", "complete a job", `  payhub job complete 2251799813685260 --vars '{"paid": true}'`,
		func(ctx context.Context, g gatewayClient, key int64) error {
			if err := checkVariables("job complete", vars); err != nil {
				return err
			}
			_, err := g.CompleteJob(ctx, &gatewaypb.CompleteJobRequest{JobKey: key, Variables: vars})
			return err
		})
	c.Flags().StringVar(&vars, "vars", "{}", "variables, a JSON object")
	return c
}

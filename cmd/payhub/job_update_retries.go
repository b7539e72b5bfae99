package main

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/spf13/cobra"
)

func (a *app) jobUpdateRetriesCommand() *cobra.Command {
	var retries int32
	c := a.keyCommand("job update-retries", "update-retries KEY", "set how many attempts a job has left", `  payhub job update-retries 2251799813685260 --retries 3`,
		func(ctx context.Context, g gatewayClient, key int64) error {
			_, err := g.UpdateJobRetries(ctx, &gatewaypb.UpdateJobRetriesRequest{JobKey: key, Retries: retries})
			return err
		})
	c.Flags().Int32Var(&retries, "retries", 1, "attempts left, at least 1")
	return c
}

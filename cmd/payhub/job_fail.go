package main

import (
	"context"
	"time"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/spf13/cobra"
)

func (a *app) jobFailCommand() *cobra.Command {
	request := &gatewaypb.FailJobRequest{}
	var backOff time.Duration
	c := a.keyCommand("job fail", "fail KEY", "fail a job; no retries left makes an incident", `  payhub job fail 2251799813685260 --retries 2 --back-off 10s --message 'bank is down'`,
		func(ctx context.Context, g gatewayClient, key int64) error {
			request.JobKey, request.RetryBackOff = key, backOff.Milliseconds()
			_, err := g.FailJob(ctx, request)
			return err
		})
	c.Flags().Int32Var(&request.Retries, "retries", 0, "attempts left")
	c.Flags().StringVar(&request.ErrorMessage, "message", "", "why it failed")
	c.Flags().DurationVar(&backOff, "back-off", 0, "time before the next attempt")
	return c
}

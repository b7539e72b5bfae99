package main

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/spf13/cobra"
)

func (a *app) jobThrowErrorCommand() *cobra.Command {
	request := &gatewaypb.ThrowErrorRequest{}
	c := a.keyCommand("job throw-error", "throw-error KEY", "end a job with a BPMN error", `  payhub job throw-error 2251799813685260 --code NO_FUNDS`,
		func(ctx context.Context, g gatewayClient, key int64) error {
			if err := checkVariables("job throw-error", request.Variables); err != nil {
				return err
			}
			request.JobKey = key
			_, err := g.ThrowError(ctx, request)
			return err
		})
	c.Flags().StringVar(&request.ErrorCode, "code", "", "code of the error")
	c.Flags().StringVar(&request.ErrorMessage, "message", "", "what happened")
	c.Flags().StringVar(&request.Variables, "vars", "{}", "variables, a JSON object")
	return c
}

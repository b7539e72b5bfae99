package main

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/spf13/cobra"
)

func (a *app) instanceSetVariablesCommand() *cobra.Command {
	var vars string
	var local bool
	const what = "instance set-variables"
	c := a.keyCommand(what, "set-variables KEY", "set variables of an instance or an element instance",
		`  payhub instance set-variables 2251799813685251 --vars '{"approved": true}'`,
		func(ctx context.Context, g gatewayClient, key int64) error {
			if err := checkVariables(what, vars); err != nil {
				return err
			}
			_, err := g.SetVariables(ctx, &gatewaypb.SetVariablesRequest{ElementInstanceKey: key, Variables: vars, Local: local})
			return err
		})
	c.Flags().StringVar(&vars, "vars", "{}", "variables, a JSON object")
	c.Flags().BoolVar(&local, "local", false, "set them in this scope only")
	return c
}

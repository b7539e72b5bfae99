package main

import (
	"context"
	"fmt"
	"io"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/spf13/cobra"
)

func (a *app) instanceCancelCommand() *cobra.Command {
	return a.keyCommand("instance cancel", "cancel KEY", "cancel a process instance", "  payhub instance cancel 2251799813685251",
		func(ctx context.Context, g gatewayClient, key int64) error {
			_, err := g.CancelProcessInstance(ctx, &gatewaypb.CancelProcessInstanceRequest{ProcessInstanceKey: key})
			return err
		})
}

// keyCommand makes a command that does one thing to what a key names.
func (a *app) keyCommand(what, use, short, example string, do func(ctx context.Context, g gatewayClient, key int64) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Example: example, Args: arguments(1, 1, "one key"),
		RunE: func(c *cobra.Command, args []string) error {
			key, err := parseKey(what, args[0])
			if err != nil {
				return err
			}
			return a.withGateway(c.Context(), what, func(ctx context.Context, g gatewayClient) error {
				if err := do(ctx, g, key); err != nil {
					return err
				}
				return a.done(what, key)
			})
		},
	}
}

// done prints that a command about a key was done.
func (a *app) done(what string, key int64) error {
	return a.print(map[string]string{"key": fmt.Sprint(key), "done": what}, func(w io.Writer) { fmt.Fprintf(w, "%s %d: done\n", what, key) })
}

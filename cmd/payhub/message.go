package main

import "github.com/spf13/cobra"

func (a *app) messageCommand() *cobra.Command {
	return group("message", "messages", "  payhub message publish payment-confirmed --correlation-key 42 --ttl 1h", a.messageListCommand(), a.messagePublishCommand())
}

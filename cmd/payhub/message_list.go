package main

import (
	"fmt"

	"github.com/payhub/payhub/hub/ops"
	"github.com/spf13/cobra"
)

func (a *app) messageListCommand() *cobra.Command {
	return listCommand(a, listOf[ops.Message]{
		what: "message list", short: "list messages that wait for somebody to come, newest first", example: "  payhub message list --name payment-confirmed",
		path:    "/api/v1/messages",
		filters: map[string]filter{"name": {"name", "name of the message"}},
		heading: []string{"MESSAGE", "NAME", "CORRELATION KEY", "ID", "PUBLISHED", "KEPT UNTIL"},
		row: func(m *ops.Message) []string {
			return []string{fmt.Sprint(m.Key), m.Name, m.CorrelationKey, m.MessageID, timeText(m.PublishedAt), timeText(m.Deadline)}
		},
	})
}

package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/payhub/payhub/engine/enginepb"
	"github.com/spf13/cobra"
)

// publishedMessage is the answer of message publish.
type publishedMessage struct {
	MessageKey          int64    `json:"messageKey,string"`
	Outcome             string   `json:"outcome"`
	ProcessInstanceKeys []string `json:"processInstanceKeys"`
}

func (a *app) messagePublishCommand() *cobra.Command {
	request := &enginepb.PublishWithOutcomeRequest{}
	var ttl time.Duration
	c := &cobra.Command{
		Use: "publish NAME", Short: "publish a message and say what became of it", Args: arguments(1, 1, "one message name"),
		Example: `  payhub message publish payment-confirmed --correlation-key 42 --ttl 1h --vars '{"ok": true}'`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkVariables("message publish", request.Variables); err != nil {
				return err
			}
			request.Name, request.TimeToLive = args[0], ttl.Milliseconds()
			return a.withGateway(c.Context(), "message publish", func(ctx context.Context, g gatewayClient) error {
				r, err := g.engine.PublishWithOutcome(ctx, request)
				if err != nil {
					return err
				}
				answer := publishedMessage{r.GetMessageKey(), strings.TrimPrefix(r.GetOutcome().String(), "OUTCOME_"), []string{}}
				for _, key := range r.GetProcessInstanceKeys() {
					answer.ProcessInstanceKeys = append(answer.ProcessInstanceKeys, fmt.Sprint(key))
				}
				return a.print(answer, func(w io.Writer) {
					fmt.Fprintf(w, "message %d: %s %s\n", answer.MessageKey, answer.Outcome, strings.Join(answer.ProcessInstanceKeys, ", "))
				})
			})
		},
	}
	c.Flags().StringVar(&request.CorrelationKey, "correlation-key", "", "correlation key")
	c.Flags().StringVar(&request.MessageId, "id", "", "message id: at most once while it is kept")
	c.Flags().StringVar(&request.Variables, "vars", "{}", "variables, a JSON object")
	c.Flags().DurationVar(&ttl, "ttl", 0, "time for which the message waits for somebody to come")
	return c
}

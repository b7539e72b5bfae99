package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
)

// transferOrder is what transfer create was asked for.
type transferOrder struct {
	tenant, payeeTenant, payer, payee, partyType, amount, currency, id string
	watch                                                              bool
	wait                                                               time.Duration
}

func (a *app) transferCreateCommand() *cobra.Command {
	var o transferOrder
	c := &cobra.Command{
		Use: "create", Short: "make a payment", Args: noArguments,
		Example: `  payhub transfer create --payer 27710101999 --payee 27713803912 --amount 10.50 --currency USD
  payhub transfer create --payer 27710101999 --payee 27713803912 --amount 10.50 --currency USD --watch   # follows it`,
		RunE: func(c *cobra.Command, _ []string) error {
			for flag, value := range map[string]string{"payer": o.payer, "payee": o.payee, "amount": o.amount, "currency": o.currency} {
				if value == "" {
					return usage("transfer create", "--"+flag+" is missing", "see payhub transfer create --help")
				}
			}
			if o.id == "" {
				o.id = uuid.Must(uuid.NewV7()).String()
			}
			return a.createTransfer(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.tenant, "tenant", "greenbank", "the payer's tenant")
	f.StringVar(&o.payeeTenant, "payee-tenant", "", "the payee's tenant, to show its ledger with --watch")
	f.StringVar(&o.payer, "payer", "", "who pays")
	f.StringVar(&o.payee, "payee", "", "who is paid")
	f.StringVar(&o.partyType, "party-type", "MSISDN", "what the two are: MSISDN, EMAIL, ACCOUNT_ID …")
	f.StringVar(&o.amount, "amount", "", "amount, such as 10.50")
	f.StringVar(&o.currency, "currency", "", "currency, such as USD")
	f.StringVar(&o.id, "id", "", "your own id of the payment (X-CorrelationID): repeating it pays once; made up when empty")
	f.BoolVar(&o.watch, "watch", false, "follow the payment to its end and show its steps, and in dev both ledgers")
	f.DurationVar(&o.wait, "wait", 30*time.Second, "longest time to follow it")
	return c
}

func (a *app) createTransfer(ctx context.Context, o transferOrder) error {
	watch := transferWatch{app: a, order: o}
	if o.watch {
		watch.ledgers(ctx, "before")
	}
	party := func(id string) map[string]any {
		return map[string]any{"partyIdInfo": map[string]string{"partyIdType": o.partyType, "partyIdentifier": id}}
	}
	var created struct {
		TransactionID string `json:"transactionId"`
	}
	err := a.callHTTP(ctx, "transfer create", httpCall{
		method: http.MethodPost, path: "/channel/transfer",
		header: map[string]string{"Platform-TenantId": o.tenant, "X-CorrelationID": o.id},
		body: map[string]any{
			"payer": party(o.payer), "payee": party(o.payee),
			"amount": map[string]string{"amount": o.amount, "currency": o.currency},
		},
	}, &created)
	if err != nil {
		return err
	}
	if o.watch {
		return watch.follow(ctx, created.TransactionID)
	}
	return a.print(map[string]string{"transactionId": created.TransactionID, "correlationId": o.id}, func(w io.Writer) {
		fmt.Fprintf(w, "transfer %s accepted (your id %s)\n", created.TransactionID, o.id)
	})
}

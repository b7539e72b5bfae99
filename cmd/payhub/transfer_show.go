package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/payhub/payhub/hub/ops"
	"github.com/spf13/cobra"
)

// shownTransfer is the answer of transfer show: the state as the engine knows it now, and what
// the operations store adds.
type shownTransfer struct {
	channelTransfer
	Details *ops.Transfer `json:"details,omitempty"`
}

// channelTransfer is the answer of GET /channel/transfer/{id}.
type channelTransfer struct {
	ClientRefID        string `json:"clientRefId"`
	CompletedTimestamp string `json:"completedTimestamp"`
	TransactionID      string `json:"transactionId"`
	TransferID         string `json:"transferId"`
	TransferState      string `json:"transferState"`
	ErrorInformation   *struct {
		Code        string `json:"errorCode"`
		Description string `json:"errorDescription"`
	} `json:"errorInformation,omitempty"`
}

// final tells whether the state can never change again.
func (t channelTransfer) final() bool {
	return t.TransferState == "COMMITTED" || t.TransferState == "ABORTED"
}

// why says why the payment is aborted or what is in doubt; "" for neither.
func (t channelTransfer) why() string {
	if t.ErrorInformation == nil {
		return ""
	}
	return t.ErrorInformation.Code + ": " + t.ErrorInformation.Description
}

func (a *app) transferShowCommand() *cobra.Command {
	var tenant string
	c := &cobra.Command{
		Use: "show TRANSACTION-ID", Short: "print a payment's state, and its steps when the operations store has them", Args: arguments(1, 1, "one transaction id"),
		Example: "  payhub transfer show 6f2d0c1e-… --tenant greenbank -o json",
		RunE: func(c *cobra.Command, args []string) error {
			shown := shownTransfer{}
			var err error
			if shown.channelTransfer, err = a.transferState(c.Context(), "transfer show", tenant, args[0]); err != nil {
				return err
			}
			shown.Details = a.transferDetails(c.Context(), args[0])
			return a.print(shown, shown.text)
		},
	}
	c.Flags().StringVar(&tenant, "tenant", "greenbank", "the payer's tenant")
	return c
}

// transferState asks the payment API, which reads the engine.
func (a *app) transferState(ctx context.Context, what, tenant, id string) (t channelTransfer, err error) {
	err = a.callHTTP(ctx, what, httpCall{
		method: http.MethodGet, path: "/channel/transfer/" + url.PathEscape(id), header: map[string]string{"Platform-TenantId": tenant},
	}, &t)
	return t, err
}

// transferDetails asks the operations store; nil when it does not know the payment, yet or at
// all.
func (a *app) transferDetails(ctx context.Context, id string) *ops.Transfer {
	var details ops.Transfer
	if a.callHTTP(ctx, "transfer", httpCall{method: http.MethodGet, path: "/api/v1/transfers/" + url.PathEscape(id)}, &details) != nil {
		return nil
	}
	return &details
}

func (s shownTransfer) text(w io.Writer) {
	fmt.Fprintf(w, "transfer %s: %s", s.TransactionID, s.TransferState)
	if s.CompletedTimestamp != "" {
		fmt.Fprintf(w, " at %s", s.CompletedTimestamp)
	}
	fmt.Fprintln(w)
	if why := s.why(); why != "" {
		fmt.Fprintln(w, "because: "+why)
	}
	if d := s.Details; d != nil {
		fmt.Fprintf(w, "%s %s from %s at %s to %s at %s, instance %d\n", d.Amount, d.Currency, d.Payer, d.Tenant, d.Payee, d.PayeeTenant, d.InstanceKey)
		printSteps(w, d.Steps, d.StartedAt)
	}
}

// printSteps writes one line per step with its time since the start.
func printSteps(w io.Writer, steps []ops.Step, start int64) {
	for _, step := range steps {
		left := step.State
		if step.LeftAt > 0 {
			left += " after " + (time.Duration(step.LeftAt-step.EnteredAt) * time.Millisecond).String()
		}
		fmt.Fprintf(w, "  +%4d ms  %-28s %-24s %s\n", step.EnteredAt-start, step.ElementID, step.Type, left)
	}
}

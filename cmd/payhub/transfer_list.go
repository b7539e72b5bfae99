package main

import (
	"github.com/payhub/payhub/hub/ops"
	"github.com/spf13/cobra"
)

func (a *app) transferListCommand() *cobra.Command {
	return listCommand(a, listOf[ops.Transfer]{
		what: "transfer list", short: "list payments, newest first", example: "  payhub transfer list --state IN_DOUBT --tenant greenbank -o json",
		path: "/api/v1/transfers",
		filters: map[string]filter{
			"state":      {"state", "RECEIVED, RESERVED, COMMITTED, ABORTED or IN_DOUBT"},
			"tenant":     {"tenant", "the payer's tenant"},
			"client-ref": {"clientRefId", "the caller's own reference"},
		},
		heading: []string{"TRANSFER", "STATE", "AMOUNT", "TENANT", "PAYER", "PAYEE TENANT", "PAYEE", "STARTED", "REASON"},
		row: func(t *ops.Transfer) []string {
			return []string{t.TransactionID, t.State, t.Amount + " " + t.Currency, t.Tenant, t.Payer, t.PayeeTenant, t.Payee, timeText(t.StartedAt), t.Reason}
		},
	})
}

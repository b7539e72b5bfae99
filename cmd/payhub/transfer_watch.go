package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/payhub/payhub/hub/ops"
)

// transferWatch follows a payment and prints its way.
type transferWatch struct {
	app   *app
	order transferOrder
}

// simLedger is the answer of GET /sim/ledgers/{tenant}/accounts, as far as it is shown.
type simLedger struct {
	Accounts []struct {
		Currency string `json:"currency"`
		Balance  string `json:"balance"`
		Held     string `json:"held"`
		Aliases  []struct {
			Identifier string `json:"identifier"`
		} `json:"aliases"`
	} `json:"accounts"`
}

// follow waits for the end of the payment, and prints each state it takes, its steps and both
// ledgers. It fails unless the payment is committed.
func (t transferWatch) follow(ctx context.Context, id string) error {
	const what = "transfer create"
	t.say("payment  %s accepted by %s: %s %s from %s to %s", id, t.order.tenant, t.order.amount, t.order.currency, t.order.payer, t.order.payee)
	started, state := time.Now(), channelTransfer{}
	for last := ""; !state.final(); {
		var err error
		if state, err = t.app.transferState(ctx, what, t.order.tenant, id); err != nil {
			return err
		}
		if state.TransferState != last {
			last = state.TransferState
			t.say("  +%4d ms  %s", time.Since(started).Milliseconds(), last)
		}
		if state.final() {
			break
		}
		if time.Since(started) > t.order.wait {
			return failed(what, strings.TrimSuffix(fmt.Sprintf("the payment is %s after %s: %s", state.TransferState, t.order.wait, state.why()), ": "), "payhub transfer show "+id)
		}
		select {
		case <-ctx.Done():
			return failed(what, "interrupted while the payment is "+state.TransferState, "payhub transfer show "+id)
		case <-time.After(20 * time.Millisecond):
		}
	}
	details := t.details(ctx, id)
	if details != nil {
		t.say("steps    (instance %d)", details.InstanceKey)
		if t.app.output == "text" {
			printSteps(t.app.Out, details.Steps, details.StartedAt)
		}
	}
	t.ledgers(ctx, "after")
	t.say("look at  http://%s/channel/transfer/%s (header Platform-TenantId: %s)", t.app.httpAddress, id, t.order.tenant)
	t.say("         http://%s/api/v1/transfers/%s", t.app.httpAddress, id)
	if t.app.output == "json" {
		if err := t.app.print(shownTransfer{state, details}, func(io.Writer) {}); err != nil {
			return err
		}
	}
	if state.TransferState != "COMMITTED" {
		return failed(what, fmt.Sprintf("the payment is %s: %s", state.TransferState, state.why()), "")
	}
	return nil
}

// details waits a little for the operations store, which is behind the log.
func (t transferWatch) details(ctx context.Context, id string) *ops.Transfer {
	for deadline := time.Now().Add(3 * time.Second); ; {
		details := t.app.transferDetails(ctx, id)
		if details != nil && details.EndedAt > 0 || time.Now().After(deadline) || ctx.Err() != nil {
			return details
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// ledgers prints the two parties' accounts in dev's ledgers; elsewhere there is nothing to show.
func (t transferWatch) ledgers(ctx context.Context, when string) {
	for _, side := range []struct{ tenant, party string }{{t.order.tenant, t.order.payer}, {t.order.payeeTenant, t.order.payee}} {
		if side.tenant == "" {
			continue
		}
		var answer simLedger
		call := httpCall{method: http.MethodGet, path: "/sim/ledgers/" + url.PathEscape(side.tenant) + "/accounts"}
		if t.app.callHTTP(ctx, "ledgers", call, &answer) != nil {
			continue
		}
		for _, account := range answer.Accounts {
			for _, alias := range account.Aliases {
				if alias.Identifier != side.party || account.Currency != t.order.currency {
					continue
				}
				t.say("ledger   %s %-6s  %s: %s %s, held %s", side.tenant, when, side.party, account.Balance, account.Currency, account.Held)
			}
		}
	}
}

// say prints a line for a person; JSON output has none.
func (t transferWatch) say(format string, args ...any) {
	if t.app.output == "text" {
		fmt.Fprintf(t.app.Out, format+"\n", args...)
	}
}

package work

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/test/chaos/bank"
	"github.com/payhub/payhub/test/chaos/history"
)

// overdraft is an amount that the payer never has.
const overdraft = 10 * bank.Opening

// paymentOf is the payment that a key of an operation belongs to: PAYMENT:OPERATION.
func paymentOf(key string) string {
	payment, _, _ := strings.Cut(key, ":")
	return payment
}

// body is the request for a payment, the same text each time.
func body(key string, o history.Order) string {
	payee := bank.PayeePhone
	if o.Refused && o.Cents < overdraft {
		payee = bank.NobodyPhone
	}
	return fmt.Sprintf(`{"clientRefId":%q,"payer":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":%q}},`+
		`"payee":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":%q}},"amount":{"amount":"%d.%02d","currency":"USD"}}`,
		key, bank.PayerPhone, payee, o.Cents/100, o.Cents%100)
}

// draw draws what a client asks for next: mostly what can be paid.
func draw(dice *rand.Rand) history.Order {
	switch dice.IntN(20) {
	case 0:
		return history.Order{Cents: overdraft + dice.Int64N(100), Refused: true}
	case 1:
		return history.Order{Cents: 1 + dice.Int64N(9), Refused: true}
	}
	return history.Order{Cents: 1 + dice.Int64N(999)}
}

// call makes one HTTP request at a door; an error means that no answer came.
func (d *Doors) call(ctx context.Context, door *Door, method, path, key, body string) (status int, answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, door.HTTP+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Platform-TenantId", bank.PayerTenant)
	if key != "" {
		request.Header.Set("X-CorrelationID", key)
	}
	response, err := d.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, bytes.TrimSpace(answer), err
}

// Pay sends a payment once. first says what it is about, the first time; nil later.
func (d *Doors) Pay(ctx context.Context, door *Door, key, body string, first *history.Order) (status int, transaction string) {
	n := history.Note{Work: history.Payment, Node: door.Node, Key: key, Body: body}
	note := func(what history.Event) {
		n.What = what
		d.journal.Write(n)
	}
	n.Order = first
	note(history.Sent)
	n.Order = nil
	status, answer, err := d.call(ctx, door, http.MethodPost, "/channel/transfer", key, body)
	if err != nil {
		n.Detail = err.Error()
		note(history.Lost)
		return 0, ""
	}
	var created struct {
		TransactionID string `json:"transactionId"`
	}
	if err := json.Unmarshal(answer, &created); err != nil || created.TransactionID == "" {
		n.Detail = string(answer)
	}
	n.Status, n.Transaction = status, created.TransactionID
	note(history.Answered)
	return status, created.TransactionID
}

// Show asks for a payment's state; "" when no answer came.
func (d *Doors) Show(ctx context.Context, door *Door, transaction string) (state string) {
	status, answer, err := d.call(ctx, door, http.MethodGet, "/channel/transfer/"+transaction, "", "")
	if err != nil {
		return ""
	}
	var shown struct {
		State string `json:"transferState"`
		Error *struct {
			Code        string `json:"errorCode"`
			Description string `json:"errorDescription"`
		} `json:"errorInformation"`
	}
	n := history.Note{What: history.Polled, Work: history.Payment, Node: door.Node, Transaction: transaction, Status: status}
	if err := json.Unmarshal(answer, &shown); err != nil {
		n.Detail = string(answer)
	} else if n.State = shown.State; shown.Error != nil {
		n.Detail = shown.Error.Code + ": " + shown.Error.Description
	}
	d.journal.Write(n)
	return n.State
}

// retryPause is how long a client waits before it sends again what was not answered or refused for now.
const retryPause = 20 * time.Millisecond

// PayUntilAcknowledged sends a payment until it is acknowledged, at another node each time; "" when the context ends before, or
// it is refused for good.
func (d *Doors) PayUntilAcknowledged(ctx context.Context, dice *rand.Rand, key string, o history.Order) (transaction string) {
	text, first := body(key, o), &o
	for ctx.Err() == nil {
		status, transaction := d.Pay(ctx, d.pick(dice), key, text, first)
		first = nil
		switch {
		case status == http.StatusOK:
			return transaction
		case status >= 400 && status < 500 && status != http.StatusTooManyRequests:
			return "" // the judge says that it must not be
		}
		rest(ctx, retryPause)
	}
	return ""
}

// rest pauses, and tells whether the context goes on.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// TransferOnce is the idempotency key that the hub gives to a payment, by its transaction.
func TransferOnce(transaction string) sdk.OnceKey {
	return sdk.OnceKey{Tenant: bank.PayerTenant, API: "transfer", Key: transaction}
}

package dev

import (
	"fmt"
	"net/http"
	"time"
)

// The two parties of payhub dev, and the accounts that they have.
const (
	Payer     = "27710101999"
	Payee     = "27713803912"
	PayerBank = "greenbank"
	PayeeBank = "bluebank"
)

// Account is an account as /sim shows it; amounts are decimal strings.
type Account struct {
	Account, Standing, Currency, Balance, Held, Available string
	Internal                                              bool
	Holds                                                 []struct{ Reference, Amount string }
}

// AccountOf is the one account of a tenant that belongs to a customer.
func (p *Process) AccountOf(tenant string) Account {
	p.t.Helper()
	var books struct{ Accounts []Account }
	p.Ask(http.MethodGet, "/sim/ledgers/"+tenant+"/accounts", "").JSON(p.t, &books)
	for _, a := range books.Accounts {
		if !a.Internal && len(a.Account) > 2 && a.Account[len(a.Account)-2:] == "-1" {
			return a
		}
	}
	p.t.Fatalf("%s has no customer's account: %+v", tenant, books)
	return Account{}
}

// Money is where all money is: "green 989.50 (held 0.00), blue 10.50".
func (p *Process) Money() string {
	p.t.Helper()
	green, blue := p.AccountOf(PayerBank), p.AccountOf(PayeeBank)
	return fmt.Sprintf("green %s (held %s), blue %s", green.Balance, green.Held, blue.Balance)
}

// CheckBooks has both ledgers prove their books.
func (p *Process) CheckBooks() {
	p.t.Helper()
	for _, tenant := range []string{PayerBank, PayeeBank} {
		if a := p.Ask(http.MethodGet, "/sim/ledgers/"+tenant+"/check", ""); a.Status != http.StatusOK {
			p.t.Errorf("the books of %s are not in order: %s", tenant, a.Body)
		}
	}
}

// Fault is a fault of the simulators.
type Fault struct {
	Kind   string  `json:"kind"`
	Target string  `json:"target"`
	Count  int     `json:"count,omitempty"`
	Share  float64 `json:"share,omitempty"`
	Delay  string  `json:"delay,omitempty"`
}

// TransferBody is the body of a transfer between the two parties.
func TransferBody(amount, currency string) string {
	return fmt.Sprintf(`{"payer":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":%q}},`+
		`"payee":{"partyIdInfo":{"partyIdType":"MSISDN","partyIdentifier":%q}},"amount":{"amount":%q,"currency":%q}}`,
		Payer, Payee, amount, currency)
}

// Post sends a transfer for the payer's bank under a caller's own id.
func (p *Process) Post(id, body string) Answer {
	p.t.Helper()
	return p.Ask(http.MethodPost, "/channel/transfer", body,
		"Platform-TenantId: "+PayerBank, "X-CorrelationID: "+id, "Content-Type: application/json")
}

// Transfer is what GET /channel/transfer/{id} answers.
type Transfer struct {
	ClientRefID        string
	CompletedTimestamp *string
	TransactionID      string
	TransferID         string
	TransferState      string
	ErrorInformation   *struct{ ErrorCode, ErrorDescription string }
}

// Code is the error code, "" without one.
func (t Transfer) Code() string {
	if t.ErrorInformation == nil {
		return ""
	}
	return t.ErrorInformation.ErrorCode
}

// Begin sends a transfer that must be accepted, and gives its id.
func (p *Process) Begin(id, body string) string {
	p.t.Helper()
	a := p.Post(id, body)
	var created struct{ TransactionID string }
	if a.Status != http.StatusOK {
		p.t.Fatalf("the transfer %s is refused: %d %s", id, a.Status, a.Body)
	}
	a.JSON(p.t, &created)
	return created.TransactionID
}

// Show asks for a transfer that must be known.
func (p *Process) Show(transactionID string) (t Transfer) {
	p.t.Helper()
	a := p.Ask(http.MethodGet, "/channel/transfer/"+transactionID, "", "Platform-TenantId: "+PayerBank)
	if a.Status != http.StatusOK {
		p.t.Fatalf("the transfer %s is not shown: %d %s", transactionID, a.Status, a.Body)
	}
	a.JSON(p.t, &t)
	return t
}

// awaitLimit is how long a payment may take to come where it is waited for.
const awaitLimit = 60 * time.Second

// Await waits until a transfer satisfies a condition, and gives all states it was seen in, each change once.
func (p *Process) Await(transactionID string, reached func(Transfer) bool) (t Transfer, states []string) {
	p.t.Helper()
	for deadline := time.Now().Add(awaitLimit); ; time.Sleep(10 * time.Millisecond) {
		t = p.Show(transactionID)
		if len(states) == 0 || states[len(states)-1] != t.TransferState {
			states = append(states, t.TransferState)
		}
		if reached(t) {
			return t, states
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("the transfer %s is %s (%+v) after %v; payhub's log ends:\n%s", transactionID, t.TransferState, t.ErrorInformation, awaitLimit, tail(p.Log()))
		}
	}
}

// AwaitEnd waits until a transfer is final.
func (p *Process) AwaitEnd(transactionID string) (Transfer, []string) {
	p.t.Helper()
	return p.Await(transactionID, func(t Transfer) bool { return t.CompletedTimestamp != nil })
}

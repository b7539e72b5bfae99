package payments_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/payhub/payhub/test/payments/dev"
)

// What the account systems refuse ends a payment before money moves, with the reason, and nothing stays held.
func TestRefusals(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	plain := dev.TransferBody("10.00", "USD")
	for i, c := range []struct {
		name         string
		green, blue  string // standing of the accounts; "" is OPEN
		body         string
		code, reason string
	}{
		{name: "payee unknown", body: strings.Replace(plain, dev.Payee, "27719999999", 1), code: "PayeeNotFound", reason: "nobody is known"},
		{name: "payer unknown", body: strings.Replace(plain, dev.Payer, "27719999999", 1), code: "PayerNotFound", reason: "nobody is known"},
		{name: "too little money", body: dev.TransferBody("1000.01", "USD"), code: "PayerInsufficientBalance", reason: "less available"},
		{name: "another currency", body: dev.TransferBody("10.00", "EUR"), code: "PayerCurrencyInvalid", reason: "another currency"},
		{name: "payer frozen", green: "FROZEN", body: plain, code: "InactiveAccountStatus", reason: "no movement"},
		{name: "payee frozen", blue: "FROZEN", body: plain, code: "InactiveAccountStatus", reason: "no movement"},
		{name: "payee closed, which is for good", blue: "CLOSED", body: plain, code: "InactiveAccountStatus", reason: "closed"},
	} {
		setStanding(t, p, "greenbank/accounts/green-1", c.green)
		setStanding(t, p, "bluebank/accounts/blue-1", c.blue)
		end, states := p.AwaitEnd(p.Begin(fmt.Sprint("refused-", i), c.body))
		if end.TransferState != "ABORTED" || end.Code() != c.code || !strings.Contains(end.ErrorInformation.ErrorDescription, c.reason) {
			t.Errorf("%s: ended %s %+v", c.name, end.TransferState, end.ErrorInformation)
		}
		expectOrder(t, states)
		expectMoney(t, p, money(0))
	}
}

// The payee's bank refuses the credit when the payer's money is held already: the hold is released, whatever becomes
// of the answers to the release.
func TestARefusedCreditReleasesTheHold(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	for i, release := range []string{"", "answer-lost-after-commit", "error-5xx", "stall", "wrong-id", "duplicate-answer"} {
		setStanding(t, p, "bluebank/accounts/blue-1", "")
		// The payee's account is frozen while the answer to the hold is on its way.
		faults := []dev.Fault{{Kind: "stall", Target: "greenbank/hold", Count: 1, Delay: "600ms"}}
		if release != "" {
			faults = append(faults, dev.Fault{Kind: release, Target: "greenbank/release", Count: 1, Delay: "100ms"})
		}
		setFaults(t, p, faults...)
		id := p.Begin(fmt.Sprint("credit-refused-", i), dev.TransferBody("10.00", "USD"))
		for p.AccountOf(dev.PayerBank).Held != "10.00" {
			if p.Show(id).CompletedTimestamp != nil {
				t.Fatalf("nothing was held: %+v", p.Show(id))
			}
		}
		setStanding(t, p, "bluebank/accounts/blue-1", "FROZEN")
		end, states := p.AwaitEnd(id)
		if end.TransferState != "ABORTED" || end.Code() != "InactiveAccountStatus" {
			t.Errorf("release %q: ended %s %+v", release, end.TransferState, end.ErrorInformation)
		}
		expectOrder(t, states)
		expectMoney(t, p, money(0))
		if want := len(faults); hit(t, p) != want {
			t.Errorf("release %q: %d of %d faults hit", release, hit(t, p), want)
		}
	}
	setStanding(t, p, "bluebank/accounts/blue-1", "")
	newExpectation(p).pay(t, "all is well again", committed)
}

func setStanding(t *testing.T, p *dev.Process, account, standing string) {
	t.Helper()
	if standing == "" {
		standing = "OPEN"
	}
	if a := p.Ask(http.MethodPut, "/sim/ledgers/"+account+"/standing", fmt.Sprintf(`{"standing":%q}`, standing)); a.Status != http.StatusOK {
		t.Fatalf("%s cannot become %s: %d %s", account, standing, a.Status, a.Body)
	}
}

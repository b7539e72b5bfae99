// Package payments_test makes payments with the payhub binary through its public surface alone, and compares what it
// answers with what is in the ledgers' books.
package payments_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/payhub/payhub/test/payments/dev"
)

func TestMain(m *testing.M) { dev.Main(m) }

func TestAPaymentGoesThrough(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	expectMoney(t, p, "green 1000.00 (held 0.00), blue 0.00")
	body := strings.Replace(dev.TransferBody("10.50", "USD"), "{", `{"clientRefId":"invoice-7",`, 1)
	id := p.Begin("first", body)
	end, states := p.AwaitEnd(id)
	if end.TransferState != "COMMITTED" || end.TransactionID != id || end.TransferID == "" || end.ClientRefID != "invoice-7" || end.ErrorInformation != nil {
		t.Errorf("the payment ended as %+v", end)
	}
	expectOrder(t, states)
	expectMoney(t, p, "green 989.50 (held 0.00), blue 10.50")
	if code := p.End(syscall.SIGTERM); code != 0 {
		t.Errorf("payhub ended with exit code %d", code)
	}
}

// expectMoney compares where all money is, and has the ledgers prove their books.
func expectMoney(t *testing.T, p *dev.Process, want string) {
	t.Helper()
	if got := p.Money(); got != want {
		t.Errorf("money: %s; expected: %s", got, want)
	}
	p.CheckBooks()
}

// expectOrder checks that the states are those of the surface, and go only forwards.
func expectOrder(t *testing.T, states []string) {
	t.Helper()
	rank := map[string]int{"RECEIVED": 1, "RESERVED": 2, "COMMITTED": 3, "ABORTED": 3}
	last := 0
	for _, s := range states {
		if rank[s] <= last {
			t.Errorf("the payment was %v: unknown or backwards", states)
		}
		last = rank[s]
	}
}

package payments_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/payhub/payhub/test/payments/dev"
)

// outcome is how a payment must end.
type outcome struct {
	state, code string
}

var (
	committed = outcome{"COMMITTED", ""}
	// wrongAccount: the look-up named an account that is not there, and the next step that used it was refused.
	wrongPayer = outcome{"ABORTED", "PayerNotFound"}
	wrongPayee = outcome{"ABORTED", "PayeeNotFound"}
)

// Each operation of a payment meets each fault once. Whatever the answer's fate, the outcome is found out, nothing is
// done twice, and the status is what the ledgers' books say.
func TestEveryFaultAtEveryOperation(t *testing.T) {
	t.Parallel()
	for _, operation := range []struct {
		target string
		except map[string]outcome // other than committed, by kind
	}{
		{target: "greenbank/lookup-party", except: map[string]outcome{"wrong-id": wrongPayer}},
		{target: "bluebank/lookup-party", except: map[string]outcome{"wrong-id": wrongPayee}},
		{target: "bluebank/quote"},
		{target: "greenbank/hold"},
		{target: "bluebank/credit"},
		{target: "greenbank/book"},
	} {
		t.Run(operation.target, func(t *testing.T) {
			t.Parallel()
			p := dev.Start(t, "")
			books := newExpectation(p)
			for _, kind := range []string{"answer-lost-after-commit", "error-5xx", "stall", "wrong-id", "duplicate-answer"} {
				setFaults(t, p, dev.Fault{Kind: kind, Target: operation.target, Count: 1, Delay: "100ms"})
				want, other := operation.except[kind]
				if !other {
					want = committed
				}
				end := books.pay(t, kind, want)
				if hits := hit(t, p); hits != 1 {
					t.Errorf("%s at %s: hit %d times; the payment ended %+v", kind, operation.target, hits, end)
				}
			}
		})
	}
}

// Every operation fails in every way at random, in many payments at once. In the end each one is final, and the money
// moved as often as payments say so.
func TestAStormOfFaults(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	var faults []dev.Fault
	for _, kind := range []string{"answer-lost-after-commit", "error-5xx", "duplicate-answer"} {
		faults = append(faults, dev.Fault{Kind: kind, Target: "*/*", Share: 0.05})
	}
	for _, target := range []string{"greenbank/hold", "bluebank/credit", "greenbank/book"} {
		faults = append(faults, dev.Fault{Kind: "wrong-id", Target: target, Share: 0.1})
	}
	setFaults(t, p, faults...)
	const payments = 60
	var ids []string
	for i := range payments {
		ids = append(ids, p.Begin(fmt.Sprintf("storm-%d", i), dev.TransferBody("1.00", "USD")))
	}
	moved := 0
	for _, id := range ids {
		end, states := p.AwaitEnd(id)
		expectOrder(t, states)
		if end.TransferState == "COMMITTED" {
			moved++
		}
	}
	expectMoney(t, p, money(moved*100))
	if moved != payments { // nothing here refuses for good
		t.Errorf("%d of %d payments are COMMITTED", moved, payments)
	}
}

// expectation is what the books must say after each payment.
type expectation struct {
	p     *dev.Process
	cents int // that moved
	count int
}

func newExpectation(p *dev.Process) *expectation { return &expectation{p: p} }

// pay makes a payment that must end in a way, and compares the books.
func (e *expectation) pay(t *testing.T, name string, want outcome) dev.Transfer {
	t.Helper()
	e.count++
	id := e.p.Begin(fmt.Sprintf("%s-%d", name, e.count), dev.TransferBody("1.25", "USD"))
	end, states := e.p.AwaitEnd(id)
	if got := (outcome{end.TransferState, end.Code()}); got != want {
		t.Errorf("%s: ended %v (%+v), expected %v", name, got, end.ErrorInformation, want)
	}
	expectOrder(t, states)
	if want.state == "COMMITTED" {
		e.cents += 125
	}
	expectMoney(t, e.p, money(e.cents))
	return end
}

// money is Process.Money when so many cents have moved and nothing is held.
func money(cents int) string {
	left := 100_000 - cents
	return fmt.Sprintf("green %d.%02d (held 0.00), blue %d.%02d", left/100, left%100, cents/100, cents%100)
}

func setFaults(t *testing.T, p *dev.Process, faults ...dev.Fault) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"faults": append([]dev.Fault{}, faults...)})
	if err != nil {
		t.Fatal(err)
	}
	if a := p.Ask(http.MethodPut, "/sim/faults", string(body)); a.Status != http.StatusOK {
		t.Fatalf("the faults are refused: %d %s", a.Status, a.Body)
	}
}

// hit counts the operations that the faults hit so far.
func hit(t *testing.T, p *dev.Process) (n int) {
	t.Helper()
	var plan struct{ Faults []struct{ Hit int } }
	a := p.Ask(http.MethodGet, "/sim/faults", "")
	a.JSON(t, &plan)
	for _, f := range plan.Faults {
		n += f.Hit
	}
	return n
}

package payments_test

import (
	"encoding/json"
	"testing"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/test/payments/dev"
)

// An operation whose answer is lost, at an account system that does not answer the question for the status either, is
// in doubt: the channel says so, nothing is released, and a person's decision ends it.
func TestAPersonDecidesWhatStaysUnknown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, bank, operation, kind, decision string
		clear                                 bool // the account system answers again before the decision
		meanwhile                             string
		want                                  outcome
		moved                                 int
	}{
		{
			name: "the credit is found in the books", bank: "bluebank", operation: "credit", kind: "answer-lost-after-commit",
			decision: "done", meanwhile: "green 1000.00 (held 7.00), blue 7.00", want: committed, moved: 700,
		},
		{
			name: "the credit is ruled out", bank: "bluebank", operation: "credit", kind: "error-5xx",
			decision: "rejected", meanwhile: "green 1000.00 (held 7.00), blue 0.00", want: outcome{"ABORTED", "PayeeUnauthorized"},
		},
		{
			name: "the credit is asked for again", bank: "bluebank", operation: "credit", kind: "answer-lost-after-commit", clear: true,
			decision: "retry", meanwhile: "green 1000.00 (held 7.00), blue 7.00", want: committed, moved: 700,
		},
		{
			name: "the hold is ruled out: it is released all the same", bank: "greenbank", operation: "hold", kind: "answer-lost-after-commit",
			decision: "rejected", meanwhile: "green 1000.00 (held 7.00), blue 0.00", want: outcome{"ABORTED", "GenericPayerError"},
		},
		{
			name: "the booking is found in the books", bank: "greenbank", operation: "book", kind: "answer-lost-after-commit",
			decision: "done", meanwhile: "green 993.00 (held 0.00), blue 7.00", want: committed, moved: 700,
		},
		{
			name: "the booking is ruled out: it is sent again", bank: "greenbank", operation: "book", kind: "error-5xx", clear: true,
			decision: "rejected", meanwhile: "green 1000.00 (held 7.00), blue 7.00", want: committed, moved: 700,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := dev.Start(t, "")
			setFaults(t, p,
				dev.Fault{Kind: c.kind, Target: c.bank + "/" + c.operation, Count: 1},
				dev.Fault{Kind: "error-5xx", Target: c.bank + "/status", Share: 1})
			id := p.Begin("doubt", dev.TransferBody("7.00", "USD"))
			seen, states := p.Await(id, inDoubtSince(t, p))
			if seen.TransferState != "RESERVED" || seen.ErrorInformation.ErrorDescription == "" {
				t.Errorf("in doubt it shows as %+v", seen)
			}
			expectMoney(t, p, c.meanwhile)
			if c.clear {
				setFaults(t, p)
			}
			decide(t, p, id, c.operation, c.decision)
			end, rest := p.AwaitEnd(id)
			if got := (outcome{end.TransferState, end.Code()}); got != c.want {
				t.Errorf("ended %v (%+v), expected %v", got, end.ErrorInformation, c.want)
			}
			expectOrder(t, distinct(append(states, rest...)))
			expectMoney(t, p, money(c.moved))
		})
	}
}

// What is unknown is asked for again by itself: nobody has to decide when the account system comes back.
func TestDoubtEndsByItselfWhenTheAccountSystemAnswersAgain(t *testing.T) {
	t.Parallel()
	for _, target := range []struct{ bank, operation, kind string }{
		{"greenbank", "hold", "answer-lost-after-commit"},
		{"bluebank", "credit", "error-5xx"},
		{"greenbank", "book", "wrong-id"},
	} {
		t.Run(target.operation, func(t *testing.T) {
			t.Parallel()
			p := dev.Start(t, "")
			setFaults(t, p,
				dev.Fault{Kind: target.kind, Target: target.bank + "/" + target.operation, Count: 1},
				dev.Fault{Kind: "error-5xx", Target: target.bank + "/status", Share: 1})
			id := p.Begin("comes-back", dev.TransferBody("7.00", "USD"))
			p.Await(id, inDoubtSince(t, p))
			setFaults(t, p)
			if end, _ := p.AwaitEnd(id); end.TransferState != "COMMITTED" {
				t.Errorf("ended %s %+v", end.TransferState, end.ErrorInformation)
			}
			expectMoney(t, p, money(700))
		})
	}
}

// An answer that comes after the caller stopped waiting for it is no answer: the outcome is asked for, and the late
// answer changes nothing.
func TestAnAnswerThatComesTooLate(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"greenbank/hold", "bluebank/credit", "greenbank/book"} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			p := dev.Start(t, "")
			setFaults(t, p, dev.Fault{Kind: "stall", Target: target, Count: 1, Delay: "20s"})
			id := p.Begin("late", dev.TransferBody("7.00", "USD"))
			if end, _ := p.AwaitEnd(id); end.TransferState != "COMMITTED" {
				t.Errorf("ended %s %+v", end.TransferState, end.ErrorInformation)
			}
			expectMoney(t, p, money(700))
		})
	}
}

// inDoubtSince says whether a transfer is in doubt because of faults that hit the operation and the question for its
// status; between credit and booking every payment is in doubt for a moment.
func inDoubtSince(t *testing.T, p *dev.Process) func(dev.Transfer) bool {
	return func(shown dev.Transfer) bool { return shown.Code() == "IN_DOUBT" && hit(t, p) >= 2 }
}

// decide publishes an operator's decision as a Zeebe client does.
func decide(t *testing.T, p *dev.Process, transactionID, operation, decision string) {
	t.Helper()
	variables, err := json.Marshal(map[string]any{"operator": map[string]string{"decision": decision, "reason": "seen in the books", "by": "ann"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = gatewaypb.NewGatewayClient(p.Dial()).PublishMessage(t.Context(), &gatewaypb.PublishMessageRequest{
		Name: "operator-decision", CorrelationKey: transactionID + ":" + operation, Variables: string(variables), TimeToLive: 10_000,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func distinct(states []string) (list []string) {
	for _, s := range states {
		if len(list) == 0 || list[len(list)-1] != s {
			list = append(list, s)
		}
	}
	return list
}

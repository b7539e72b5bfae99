package contract_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/payhub/payhub/flows/contract"
)

func TestPaymentStateOfAnswers(t *testing.T) {
	for _, c := range []struct{ variables, state, step, code string }{
		{``, "RECEIVED", "", ""},
		{`{}`, "RECEIVED", "", ""},
		{`{"payeeLookup":{"outcome":"done"}}`, "RECEIVED", "", ""},
		{`{"payeeLookup":{"outcome":"rejected","code":"PARTY_NOT_FOUND"}}`, "ABORTED", "payeeLookup", "PARTY_NOT_FOUND"},
		{`{"payerLookup":{"outcome":"rejected"}}`, "ABORTED", "payerLookup", "OTHER"},
		{`{"quote":{"outcome":"rejected","code":"TIMEOUT","source":"timer"}}`, "ABORTED", "quote", "TIMEOUT"},
		{`{"hold":{"outcome":"rejected","code":"INSUFFICIENT_FUNDS"}}`, "ABORTED", "hold", "INSUFFICIENT_FUNDS"},
		{`{"hold":{"outcome":"unknown"}}`, "IN_DOUBT", "hold", ""},
		{`{"hold":{"outcome":"rejected"},"release":{"outcome":"unknown"}}`, "ABORTED", "hold", "OTHER"},
		{`{"hold":{"outcome":"rejected","source":"operator"}}`, "IN_DOUBT", "hold", ""},
		{`{"hold":{"outcome":"rejected","source":"operator"},"release":{"outcome":"done"}}`, "ABORTED", "hold", "OTHER"},
		{`{"hold":{"outcome":"none"}}`, "RECEIVED", "hold", ""},
		{`{"hold":{"outcome":"none"},"release":{"outcome":"done"}}`, "ABORTED", "hold", "TIMEOUT"},
		{`{"hold":{"outcome":"unknown"},"release":{"outcome":"done"}}`, "ABORTED", "hold", "TIMEOUT"},
		{`{"hold":{"outcome":"done"}}`, "RESERVED", "hold", ""},
		{`{"hold":{"outcome":"done"},"credit":{"outcome":"none"}}`, "RESERVED", "hold", ""},
		{`{"hold":{"outcome":"done"},"credit":{"outcome":"unknown"}}`, "IN_DOUBT", "credit", ""},
		{`{"hold":{"outcome":"done"},"credit":{"outcome":"rejected","code":"ACCOUNT_CLOSED"}}`, "RESERVED", "hold", ""},
		{`{"hold":{"outcome":"done"},"credit":{"outcome":"rejected","code":"ACCOUNT_CLOSED"},"release":{"outcome":"unknown"}}`, "IN_DOUBT", "release", ""},
		{`{"hold":{"outcome":"done"},"credit":{"outcome":"rejected","code":"ACCOUNT_CLOSED"},"release":{"outcome":"done"}}`, "ABORTED", "credit", "ACCOUNT_CLOSED"},
		{`{"hold":{"outcome":"done"},"credit":{"outcome":"done"}}`, "IN_DOUBT", "book", ""},
		{`{"hold":{"outcome":"done"},"credit":{"outcome":"done"},"book":{"outcome":"rejected"}}`, "IN_DOUBT", "book", ""},
		{`{"hold":{"outcome":"done"},"credit":{"outcome":"done"},"book":{"outcome":"done"}}`, "COMMITTED", "book", ""},
		{`{"hold":"broken"}`, "IN_DOUBT", "", ""},
		{`not json`, "IN_DOUBT", "", ""},
	} {
		got := contract.PaymentState([]byte(c.variables))
		if string(got.State) != c.state || got.Step != c.step || string(got.Code) != c.code {
			t.Errorf("%s: %+v, want %s %s %s", c.variables, got, c.state, c.step, c.code)
		}
		if (got.State == contract.InDoubt || got.State == contract.Aborted) && got.Reason == "" {
			t.Errorf("%s: %s without a reason", c.variables, got.State)
		}
	}
}

// Every combination of answers keeps the promises of the states, whatever the rules' order.
func TestPaymentStateKeepsItsPromises(t *testing.T) {
	outcomes := []contract.Outcome{"", contract.Done, contract.Rejected, contract.Unknown, contract.None}
	for _, hold := range outcomes {
		for _, credit := range outcomes {
			for _, book := range outcomes {
				for _, release := range outcomes {
					for _, quote := range outcomes[:3] {
						checkPromises(t, contract.Steps{
							Quote: contract.Result{Outcome: quote}, Hold: contract.Result{Outcome: hold},
							Credit: contract.Result{Outcome: credit}, Book: contract.Result{Outcome: book},
							Release: contract.Result{Outcome: release},
						})
					}
				}
			}
		}
	}
}

func checkPromises(t *testing.T, s contract.Steps) {
	t.Helper()
	hold, credit, book, release := s.Hold.Outcome, s.Credit.Outcome, s.Book.Outcome, s.Release.Outcome
	may := func(o contract.Outcome) bool { return o == contract.Done || o == contract.Unknown }
	state := s.Status().State
	if wantCommitted := credit == contract.Done && book == contract.Done && release != contract.Done; (state == contract.Committed) != wantCommitted {
		t.Errorf("%+v: %s", s, state)
	}
	if state == contract.Aborted && (may(credit) || may(book)) {
		t.Errorf("%+v: ABORTED although money may have moved", s)
	}
	if state == contract.Aborted && may(hold) && release != contract.Done {
		t.Errorf("%+v: ABORTED although money may be held", s)
	}
	if (credit == contract.Done) != (book == contract.Done) && state != contract.InDoubt {
		t.Errorf("%+v: %s although half of the money moved", s, state)
	}
	if credit == contract.Unknown && state != contract.InDoubt {
		t.Errorf("%+v: %s although the credit is unknown", s, state)
	}
	if state == contract.Received && hold == contract.Done {
		t.Errorf("%+v: RECEIVED although money is held", s)
	}
	if ended := s.Status().Ended().State; ended == contract.Received || ended == contract.Reserved {
		t.Errorf("%+v: an ended flow leaves %s", s, ended)
	}
}

func TestStartCarriesOurVariablesAndTheCompatibleOnes(t *testing.T) {
	text, err := json.Marshal(contract.Start{TransactionID: "t"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{contract.VarTransactionID, contract.VarTenant, contract.VarPayeeTenant, contract.VarPayer, contract.VarPayee, contract.VarAmount, "channelRequest", "clientCorrelationId"} {
		if !strings.Contains(string(text), `"`+name+`"`) {
			t.Errorf("start variables lack %s: %s", name, text)
		}
	}
}

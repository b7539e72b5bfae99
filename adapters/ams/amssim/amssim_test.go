package amssim_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/amssim"
	"github.com/payhub/payhub/adapters/ams/amstest"
	"github.com/payhub/payhub/adapters/ams/ledger/ledgertest"
	"github.com/payhub/payhub/flows/contract/money"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// always is an Injector with one mood.
type always struct {
	kind  string
	delay time.Duration
}

func (a always) Inject(string, string) (string, time.Duration) { return a.kind, a.delay }

// faultySubject is a reference ledger behind faults.
type faultySubject struct {
	*ledgertest.Subject
	injector amssim.Injector
}

func (s faultySubject) System() ams.System {
	return amssim.NewFaulty(s.Subject.System(), "greenbank", s.injector)
}

// A system that gets everything twice still keeps every rule of the contract.
func TestTheContractHoldsWhenEverythingArrivesTwice(t *testing.T) {
	amstest.Run(t, func() (amstest.Subject, error) {
		subject, err := ledgertest.Make()
		return faultySubject{subject, always{kind: amssim.DuplicateAnswer}}, err
	})
}

func TestWhatAFaultDoes(t *testing.T) {
	for _, test := range []struct {
		kind  string
		delay time.Duration
		want  ams.Kind
		state ams.State // of the hold in the books
	}{
		{"", 0, ams.KindDone, ams.StateHeld},
		{amssim.AnswerLostAfterCommit, 0, ams.KindUnknown, ams.StateHeld},
		{amssim.Error5xx, 0, ams.KindUnknown, ams.StateNone},
		{amssim.Stall, time.Hour, ams.KindUnknown, ams.StateHeld},
		{amssim.Stall, 0, ams.KindDone, ams.StateHeld},
		{amssim.WrongID, 0, ams.KindDone, ams.StateHeld},
		{amssim.DuplicateAnswer, 0, ams.KindDone, ams.StateHeld},
	} {
		t.Run(test.kind+" "+test.delay.String(), func(t *testing.T) {
			subject := newSubject(t)
			system := amssim.NewFaulty(subject.System(), "greenbank", always{test.kind, test.delay})
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			outcome := system.Hold(ctx, ams.HoldRequest{Reference: "t:hold", Account: "green-1", Amount: money.Amount{Minor: 100, Currency: "USD"}})
			if outcome.Kind() != test.want {
				t.Errorf("got %s, expected %s", outcome, test.want)
			}
			if test.want == ams.KindUnknown && !errors.Is(outcome.Err(), amssim.ErrSimulated) {
				t.Errorf("the cause is %v", outcome.Err())
			}
			if receipt, done := outcome.Value(); done && (receipt.Reference == "t:hold") != (test.kind != amssim.WrongID) {
				t.Errorf("the receipt is for %s", receipt.Reference)
			}
			if got, _ := subject.Status(t.Context(), "t:hold").Value(); got.State != test.state {
				t.Errorf("in the books the hold is %s, expected %s", got.State, test.state)
			}
		})
	}
}

func TestAWrongAnswerNamesSomethingElse(t *testing.T) {
	subject := newSubject(t)
	f, ctx, usd := amssim.NewFaulty(subject.System(), "greenbank", always{kind: amssim.WrongID}), t.Context(), money.Amount{Minor: 1, Currency: "USD"}
	party, _ := f.LookupParty(ctx, ams.PartyID{Type: "MSISDN", Identifier: "27710101999"}).Value()
	valid, _ := f.Validate(ctx, ams.ValidateRequest{Account: "green-1", Direction: ams.DirectionDebit, Amount: usd}).Value()
	quote, _ := f.Quote(ctx, ams.QuoteRequest{Reference: "q", Account: "green-1", Direction: ams.DirectionCredit, Amount: usd}).Value()
	credit, _ := f.Credit(ctx, ams.CreditRequest{Reference: "c", Account: "green-1", Amount: usd}).Value()
	reverse, _ := f.Reverse(ctx, ams.ReverseRequest{Reference: "r", Original: "c"}).Value()
	release, _ := f.Release(ctx, ams.ReleaseRequest{Reference: "l", Hold: "h"}).Value()
	status, _ := f.Status(ctx, "c").Value()
	balance, _ := f.Balance(ctx, "green-1").Value()
	statement, _ := f.Statement(ctx, ams.StatementRequest{Account: "green-1"}).Value()
	for _, name := range []string{
		string(party.Account), string(valid.Account), string(quote.Reference), string(credit.Reference), string(reverse.Reference),
		string(release.Reference), string(status.Reference), string(balance.Account), string(statement.Account),
	} {
		if !strings.HasSuffix(name, "-wrong") {
			t.Errorf("an answer names %q", name)
		}
	}
	if outcome := f.Balance(ctx, "nobody"); outcome.Kind() != ams.KindRejected {
		t.Errorf("a refusal became %s", outcome)
	}
}

func TestBooksOverHTTP(t *testing.T) {
	subject := newSubject(t)
	hold := ams.HoldRequest{Reference: "t:hold", Account: "green-1", Amount: money.Amount{Minor: 1050, Currency: "USD"}, Expires: subject.Now().Add(time.Hour)}
	book := ams.BookRequest{Reference: "t:book", Hold: "t:hold", Amount: money.Amount{Minor: 1050, Currency: "USD"}}
	if err := subject.Hold(t.Context(), hold).Err(); err != nil {
		t.Fatal(err)
	}
	handler := amssim.Books(subject.Ledger)
	expect(t, handler, "GET", "/accounts", "", 200,
		`{"accounts":[{"account":"green-1","holder":"Grace Green","internal":false,"standing":"OPEN","currency":"USD","balance":"1000.00","held":"10.50","available":"989.50","aliases":[{"type":"MSISDN","identifier":"27710101999"}],"holds":[{"reference":"t:hold","amount":"10.50","expires":"2026-01-02T04:04:05Z","expired":false}]},`+
			`{"account":"opening:USD","internal":true,"standing":"OPEN","currency":"USD","balance":"-1000.00","held":"0.00","available":"-1000.00","aliases":[],"holds":[]}]}`)
	if err := subject.Book(t.Context(), book).Err(); err != nil {
		t.Fatal(err)
	}
	expect(t, handler, "GET", "/accounts/green-1/statement?after=1&limit=10", "", 200,
		`{"account":"green-1","lines":[{"sequence":3,"at":"2026-01-02T03:04:05Z","reference":"t:book","operation":"book","amount":"-10.50","balance":"989.50","currency":"USD"}],"more":false}`)
	expect(t, handler, "GET", "/check", "", 200, `{"ok":true}`)
	expect(t, handler, "PUT", "/accounts/green-1/standing", `{"standing":"FROZEN"}`, 200, `{"standing":"FROZEN"}`)
	expect(t, handler, "PUT", "/accounts/green-1/standing", `{"standing":"CLOSED"}`, 400,
		`{"error":"account \"green-1\" still has 989.50 USD, 0.00 USD of it held: empty it before it is closed","code":"INVALID_REQUEST"}`)
	expect(t, handler, "PUT", "/accounts/nobody/standing", `{"standing":"FROZEN"}`, 404, `{"error":"there is no account \"nobody\"","code":"ACCOUNT_NOT_FOUND"}`)
	expect(t, handler, "PUT", "/accounts/green-1/standing", `nonsense`, 400, "")
	expect(t, handler, "GET", "/accounts/nobody/statement", "", 404, `{"error":"there is no account \"nobody\"","code":"ACCOUNT_NOT_FOUND"}`)
	expect(t, handler, "GET", "/accounts/green-1/statement?limit=many", "", 400, `{"error":"query limit=\"many\" is not a whole number of zero or more"}`)
	expect(t, handler, "GET", "/accounts/green-1/statement?limit=100000", "", 400, "")
	expect(t, handler, "DELETE", "/accounts", "", 405, "")
}

func TestSeedingAgainChangesNothing(t *testing.T) {
	subject := newSubject(t)
	for range 2 {
		for _, tenant := range []string{"greenbank", "bluebank", "elsewhere"} {
			if err := amssim.Seed(t.Context(), subject.Ledger, tenant); err != nil {
				t.Fatal(err)
			}
		}
	}
	party, _ := subject.LookupParty(t.Context(), ams.PartyID{Type: "MSISDN", Identifier: "27713803912"}).Value()
	balance, _ := subject.Balance(t.Context(), party.Account).Value()
	if balance.Available.String() != "0.00 USD" {
		t.Errorf("the payee begins with %s", balance.Available)
	}
}

func newSubject(t *testing.T) *ledgertest.Subject {
	t.Helper()
	subject, err := ledgertest.Make()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := subject.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := amssim.Seed(t.Context(), subject.Ledger, "greenbank"); err != nil {
		t.Fatal(err)
	}
	return subject
}

// expect asks a handler and compares; an empty body is not compared.
func expect(t *testing.T, handler http.Handler, method, path, body string, status int, want string) {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
	got := strings.TrimSpace(recorder.Body.String())
	if recorder.Code != status || want != "" && got != want {
		t.Errorf("%s %s: %d %s\nexpected %d %s", method, path, recorder.Code, got, status, want)
	}
	if want != "" && !json.Valid(recorder.Body.Bytes()) {
		t.Errorf("%s %s: %s is not JSON", method, path, got)
	}
}

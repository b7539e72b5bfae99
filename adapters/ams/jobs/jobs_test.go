package jobs_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/amssim"
	"github.com/payhub/payhub/adapters/ams/jobs"
	"github.com/payhub/payhub/adapters/ams/ledger/ledgertest"
	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/connectors/sdktest"
	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/flows/contract"
	"github.com/payhub/payhub/flows/contract/money"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestThereIsAHandlerForEveryJobOfTheVocabulary(t *testing.T) {
	var served []string
	for _, handler := range jobs.Handlers(nil) {
		served = append(served, handler.Type())
	}
	want := contract.JobTypes()
	slices.Sort(served)
	slices.Sort(want)
	if !slices.Equal(served, want) {
		t.Errorf("served are %v, the vocabulary has %v", served, want)
	}
}

const (
	usd5   = `"amount":{"amount":"5.00","currency":"USD"}`
	hold5  = `{"tenant":"green","key":"t:hold","account":"alice",` + usd5 + `}`
	book5  = `{"tenant":"green","key":"t:book","holdKey":"t:hold",` + usd5 + `}`
	credit = `{"tenant":"green","key":"t:credit","account":"alice",` + usd5 + `}`
	free   = `{"tenant":"green","key":"t:release","holdKey":"t:hold"}`
)

func status(operation, key string) string {
	return fmt.Sprintf(`{"tenant":"green","operation":%q,"key":%q}`, operation, key)
}

func lookup(tenant, phone, currency string) string {
	return fmt.Sprintf(`{"tenant":%q,"party":{"partyIdType":"MSISDN","partyIdentifier":%q},"currency":%q}`, tenant, phone, currency)
}

// step is one job: what it asks, what goes wrong, what it answers.
type step struct {
	job     string
	request string
	faults  string // kinds in the order of the calls, "op=kind", comma-separated
	want    string // "outcome CODE"
}

func TestJobsAnswerWhatTheLedgerDid(t *testing.T) {
	for _, test := range []struct {
		name         string
		steps        []step
		ledger, held int64
	}{
		{"a payment", []step{
			{contract.JobLookup, lookup("green", "27alice", "USD"), "", "done account=alice"},
			{contract.JobQuote, `{"tenant":"green","key":"t:quote","account":"alice",` + usd5 + `}`, "", "done fee=0.00"},
			{contract.JobHold, hold5, "", "done"},
			{contract.JobStatus, status("hold", "t:hold"), "", "done"},
			{contract.JobBook, book5, "", "done"},
			{contract.JobCredit, credit, "", "done"},
			{contract.JobRelease, free, "", "rejected HOLD_BOOKED"},
		}, 1000, 0},
		{"a payment that is given up", []step{
			{contract.JobHold, hold5, "", "done"},
			{contract.JobRelease, free, "", "done"},
			{contract.JobBook, book5, "", "rejected HOLD_RELEASED"},
			{contract.JobStatus, status("hold", "t:hold"), "", "rejected HOLD_RELEASED"},
			{contract.JobStatus, status("release", "t:release"), "", "done"},
		}, 1000, 0},
		{"a release that comes first", []step{
			{contract.JobRelease, free, "", "done"},
			{contract.JobHold, hold5, "", "rejected HOLD_RELEASED"},
		}, 1000, 0},
		{"refusals are answers", []step{
			{contract.JobLookup, lookup("green", "000", "USD"), "", "rejected PARTY_NOT_FOUND"},
			{contract.JobLookup, lookup("green", "27alice", "EUR"), "", "rejected CURRENCY_MISMATCH"},
			{contract.JobLookup, lookup("nowhere", "27alice", "USD"), "", "rejected UNKNOWN_TENANT"},
			{contract.JobHold, strings.Replace(hold5, "5.00", "5000.00", 1), "", "rejected INSUFFICIENT_FUNDS"},
			{contract.JobHold, strings.Replace(hold5, "5.00", "5.001", 1), "", "rejected INVALID_REQUEST"},
			{contract.JobHold, strings.Replace(hold5, "5.00", "-5", 1), "", "rejected INVALID_REQUEST"},
			{contract.JobCredit, strings.Replace(credit, "t:credit", "", 1), "", "rejected INVALID_REQUEST"},
			{contract.JobCredit, strings.Replace(credit, "alice", "nobody", 1), "", "rejected ACCOUNT_NOT_FOUND"},
			{contract.JobQuote, `{"tenant":"green","key":"q","account":"nobody",` + usd5 + `}`, "", "rejected ACCOUNT_NOT_FOUND"},
			{contract.JobStatus, status("hold", "never"), "", "none"},
			{contract.JobStatus, status("credit", "t:hold"), "", "rejected REFERENCE_CONFLICT"},
		}, 1000, 0},
		{"a lost answer is found by its key", []step{
			{contract.JobHold, hold5, "hold=answer-lost-after-commit", "done"},
			{contract.JobBook, book5, "book=answer-lost-after-commit", "done"},
			{contract.JobCredit, credit, "credit=answer-lost-after-commit", "done"},
		}, 1000, 0},
		{"a lost release is found by its key", []step{
			{contract.JobHold, hold5, "", "done"},
			{contract.JobRelease, free, "release=answer-lost-after-commit", "done"},
		}, 1000, 0},
		{"what left no trace is sent again under its key", []step{
			{contract.JobHold, hold5, "hold=error-5xx", "done"},
			{contract.JobBook, book5, "book=error-5xx", "done"},
		}, 500, 0},
		{"an answer about something else is not believed", []step{
			{contract.JobHold, hold5, "hold=wrong-id", "done"},
			{contract.JobStatus, status("hold", "t:hold"), "status=wrong-id", "unknown"},
		}, 1000, 500},
		{"a request that arrives twice has one effect", []step{
			{contract.JobHold, hold5, "hold=duplicate-answer", "done"},
			{contract.JobBook, book5, "book=duplicate-answer", "done"},
		}, 500, 0},
		{"what the status cannot clear up is unknown, and found out later", []step{
			{contract.JobHold, hold5, "hold=answer-lost-after-commit,status=error-5xx,status=error-5xx,status=error-5xx", "unknown"},
			{contract.JobStatus, status("hold", "t:hold"), "", "done"},
		}, 1000, 500},
		{"a question without an answer is asked again", []step{
			{contract.JobLookup, lookup("green", "27alice", "USD"), "lookup-party=error-5xx", "done account=alice"},
		}, 1000, 0},
		{"a movement of a tenant without a system is unknown, since it may have had one when it was sent", []step{
			{contract.JobHold, strings.Replace(hold5, "green", "nowhere", 1), "", "unknown"},
			{contract.JobCredit, strings.Replace(credit, "green", "nowhere", 1), "", "unknown"},
			{contract.JobStatus, strings.Replace(status("credit", "t:credit"), "green", "nowhere", 1), "", "unknown UNKNOWN_TENANT"},
		}, 1000, 0},
		{"a status without an answer is unknown", []step{
			{contract.JobStatus, status("hold", "t:hold"), "status=answer-lost-after-commit", "unknown"},
		}, 1000, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			for _, s := range test.steps {
				if got := b.do(t, s); got != s.want {
					t.Errorf("%s %s with %q: got %q, expected %q", s.job, s.request, s.faults, got, s.want)
				}
			}
			balance, _ := b.subject.Balance(t.Context(), "alice").Value()
			if balance.Ledger.Minor != test.ledger || balance.Held.Minor != test.held {
				t.Errorf("alice has %s, %s held; expected %d, %d cents", balance.Ledger, balance.Held, test.ledger, test.held)
			}
		})
	}
}

// An account system that is down costs no person's time: before a movement ends in an incident, the flow is told that nothing
// happened, and sends it again after a pause.
func TestTheLastFailureOfAMovementIsAnAnswer(t *testing.T) {
	for job, request := range map[string]string{contract.JobHold: hold5, contract.JobCredit: credit} {
		b := newBench(t)
		operation := strings.TrimPrefix(job, "ams.")
		b.script.set(operation + "=error-5xx," + operation + "=error-5xx")
		key := b.gateway.Add(&gatewaypb.ActivatedJob{Type: job, Variables: `{"request":` + request + `}`, Retries: 2})
		end := b.gateway.Await(t, key, "completed", "error", "incident")
		if end.State != "completed" || !strings.Contains(end.Variables, `"outcome":"none"`) {
			t.Errorf("%s ended as %+v, expected the answer none", job, end)
		}
		if left := b.script.left(); left != 0 {
			t.Errorf("%s: %d faults did not happen, so it was not sent twice", job, left)
		}
	}
}

// No answer holds what the account system says about its customers: their numbers, accounts and balances.
func TestReasonsHoldNoPersonalData(t *testing.T) {
	b := newBench(t)
	for _, s := range []step{
		{job: contract.JobLookup, request: lookup("green", "27999888777", "USD")},
		{job: contract.JobHold, request: strings.Replace(hold5, "5.00", "5000.00", 1)},
	} {
		answer := b.end(t, s)
		for _, secret := range []string{"27999888777", "alice", "10.00", "5000"} {
			if strings.Contains(answer, secret) {
				t.Errorf("%s answers %s, which holds %q", s.job, answer, secret)
			}
		}
	}
}

// The kit of the SDK: delivered twice, stopped, given nonsense.
func TestHandlersKeepTheContractOfTheSDK(t *testing.T) {
	for _, test := range []struct {
		handler func(jobs.Systems) sdk.Handler
		request string
		moves   bool
	}{
		{jobs.Lookup, lookup("green", "27alice", "USD"), false},
		{jobs.Quote, `{"tenant":"green","key":"q","account":"alice",` + usd5 + `}`, false},
		{jobs.Status, status("hold", "t:hold"), false},
		{jobs.Hold, hold5, true},
		{jobs.Credit, credit, true},
		{jobs.Release, free, true},
		{jobs.Book, book5, true},
	} {
		b := newBench(t)
		c := sdktest.Case{Name: test.handler(b.systems).Type(), Variables: `{"request":` + test.request + `}`, States: []string{"completed"}}
		if test.moves {
			c.Effects = func() int {
				lines, err := b.subject.Journal(t.Context(), 0, 100)
				if err != nil {
					t.Error(err)
				}
				return len(lines)
			}
		}
		sdktest.Contract(t, test.handler(b.systems), c)
	}
}

// bench is a ledger with scripted faults, and a worker that serves it.
type bench struct {
	subject *ledgertest.Subject
	systems jobs.Systems
	gateway *sdktest.Gateway
	script  *script
}

func newBench(t *testing.T) *bench {
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
	if err := subject.OpenAccount("alice", "Alice", money.Amount{Minor: 1000, Currency: "USD"}, ams.PartyID{Type: "MSISDN", Identifier: "27alice"}); err != nil {
		t.Fatal(err)
	}
	b := &bench{subject: subject, script: &script{}}
	system := amssim.NewFaulty(subject.System(), "green", b.script)
	b.systems = func(tenant string) (ams.System, bool) { return system, tenant == "green" }
	gateway, client := sdktest.NewGateway(t)
	b.gateway = gateway
	sdktest.Run(t, client, jobs.Handlers(b.systems)...)
	return b
}

// end has one job done and gives its variables.
func (b *bench) end(t *testing.T, s step) string {
	t.Helper()
	b.script.set(s.faults)
	end := b.gateway.Await(t, b.gateway.Add(&gatewaypb.ActivatedJob{Type: s.job, Variables: `{"request":` + s.request + `}`}), "completed", "error", "incident")
	if end.State != "completed" {
		t.Fatalf("%s %s ended as %+v", s.job, s.request, end)
	}
	if left := b.script.left(); left != 0 {
		t.Errorf("%s %s: %d of the faults %q did not happen", s.job, s.request, left, s.faults)
	}
	return end.Variables
}

// do has one job done and says its answer in a few words.
func (b *bench) do(t *testing.T, s step) string {
	t.Helper()
	var answer contract.Answer[struct {
		contract.Result
		Account string          `json:"account"`
		Fee     contract.Amount `json:"fee"`
	}]
	text := b.end(t, s)
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	words := []string{string(answer.Result.Outcome)}
	for _, word := range []struct{ prefix, value string }{
		{"", string(answer.Result.Code)}, {"account=", answer.Result.Account}, {"fee=", answer.Result.Fee.Value},
	} {
		if word.value != "" {
			words = append(words, word.prefix+word.value)
		}
	}
	if answer.Result.Outcome == contract.Rejected && answer.Result.Reason == "" {
		t.Errorf("%s: a refusal without a reason", text)
	}
	return strings.Join(words, " ")
}

// script is an Injector that makes the faults of a list, in its order, when their operations come.
type script struct {
	mu   sync.Mutex
	rest []string
}

func (s *script) set(faults string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rest = nil
	if faults != "" {
		s.rest = strings.Split(faults, ",")
	}
}

func (s *script) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rest)
}

func (s *script) Inject(_, operation string) (string, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.rest) == 0 {
		return "", 0
	}
	at, kind, _ := strings.Cut(s.rest[0], "=")
	if at != operation {
		return "", 0
	}
	s.rest = s.rest[1:]
	return kind, 0
}

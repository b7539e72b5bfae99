// Package amstest is the conformance kit of the account-system contract: one row per rule, run against any ams.System.
//
//	func TestConformance(t *testing.T) { amstest.Run(t, newSubject) }
//
// A row that a system's declared capabilities do not cover is skipped and says so. Every row gets a fresh system.
package amstest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/flows/contract/money"
)

// Subject is a system under test with what the kit needs beside the contract.
type Subject interface {
	// System is the system to be tested; after Restart the one that came back.
	System() ams.System
	// OpenAccount opens a customer's account with an opening balance of zero or more, found by alias.
	OpenAccount(account ams.Account, holder string, opening money.Amount, alias ams.PartyID) error
	// SetStanding freezes, thaws or closes an account.
	SetStanding(account ams.Account, standing ams.Standing) error
	// Advance moves the system's clock; errors.ErrUnsupported when it cannot be moved.
	Advance(by time.Duration) error
	// Restart ends the system and starts it again on what it had made durable; errors.ErrUnsupported when it cannot be restarted.
	Restart() error
	// Totals sums all accounts per currency, the institution's own included, by the system's own books.
	Totals() ([]money.Amount, error)
	// Close ends the system and removes what it left.
	Close() error
}

// Factory makes a fresh system without accounts.
type Factory func() (Subject, error)

// Reporter is where a row says what it found: a *testing.T, or anything else that can be told, so that the kit can be run
// without failing a test (see Probe).
type Reporter = rapid.TB

// Rule is one row of the kit.
type Rule struct {
	// Name is the rule in a few words.
	Name  string
	check func(*Case)
}

// Run runs every rule as a subtest.
func Run(t *testing.T, factory Factory) {
	for _, rule := range Rules() {
		t.Run(rule.Name, func(t *testing.T) { rule.Run(t, factory) })
	}
}

// Run checks the rule on a fresh system.
func (r Rule) Run(reporter Reporter, factory Factory) {
	c := newCase(reporter, factory)
	defer c.close()
	r.check(c)
}

// Failure is a rule that does not hold, and what showed it.
type Failure struct {
	Rule  string
	Found string
}

// Probe runs rules and gives those that do not hold, without failing anything: for tests of the kit itself and for tools.
func Probe(factory Factory, rules []Rule) []Failure {
	var failures []Failure
	for _, rule := range rules {
		notes := &notebook{name: rule.Name}
		var running sync.WaitGroup
		running.Go(func() { rule.Run(notes, factory) }) // FailNow ends this goroutine
		running.Wait()
		if notes.Failed() {
			failures = append(failures, Failure{Rule: rule.Name, Found: notes.text()})
		}
	}
	return failures
}

// Case is one row being checked: a reporter, a fresh system, and the words rows are written in.
type Case struct {
	Reporter
	subject Subject
	factory Factory
	ctx     context.Context
}

func newCase(reporter Reporter, factory Factory) *Case {
	subject, err := factory()
	if err != nil {
		reporter.Fatalf("the system under test could not be made: %v", err)
	}
	return &Case{Reporter: reporter, subject: subject, factory: factory, ctx: context.Background()}
}

func (c *Case) close() {
	if err := c.subject.Close(); err != nil {
		c.Errorf("the system under test could not be closed: %v", err)
	}
}

// sys is the system under test.
func (c *Case) sys() ams.System { return c.subject.System() }

// needs skips the row when a capability is not declared.
func (c *Case) needs(declared bool, capability string) {
	if !declared {
		c.Skipf("the system does not declare %s", capability)
	}
}

// account opens an account in USD.
func (c *Case) account(account ams.Account, cents int64) {
	c.open(account, usd(cents))
}

func (c *Case) open(account ams.Account, opening money.Amount) {
	c.Helper()
	if err := c.subject.OpenAccount(account, "Holder of "+string(account), opening, alias(account)); err != nil {
		c.Fatalf("account %s could not be opened: %v", account, err)
	}
}

func (c *Case) standing(account ams.Account, standing ams.Standing) {
	c.Helper()
	if err := c.subject.SetStanding(account, standing); err != nil {
		c.Fatalf("account %s could not be made %s: %v", account, standing, err)
	}
}

func (c *Case) advance(by time.Duration) {
	c.Helper()
	c.possible(c.subject.Advance(by), "have its clock moved")
}

func (c *Case) restart() {
	c.Helper()
	c.possible(c.subject.Restart(), "be restarted")
}

func (c *Case) possible(err error, what string) {
	c.Helper()
	if errors.Is(err, errors.ErrUnsupported) {
		c.Skipf("the system under test cannot %s", what)
	}
	if err != nil {
		c.Fatalf("the system under test could not %s: %v", what, err)
	}
}

// balance expects what is on an account, in minor units of its currency.
func (c *Case) balance(account ams.Account, ledger, held int64) {
	c.Helper()
	got := done(c, c.sys().Balance(c.ctx, account))
	if got.Ledger.Minor != ledger || got.Held.Minor != held || got.Available.Minor != ledger-held {
		c.Fatalf("account %s has ledger %s, held %s, available %s; expected %d, %d, %d minor units",
			account, got.Ledger, got.Held, got.Available, ledger, held, ledger-held)
	}
}

// state expects what has become of an operation.
func (c *Case) state(reference ams.Reference, state ams.State) ams.Status {
	c.Helper()
	got := done(c, c.sys().Status(c.ctx, reference))
	if got.State != state || got.Reference != reference {
		c.Fatalf("status of %s is %s of %q, expected %s", reference, got.State, got.Reference, state)
	}
	return got
}

// done expects an operation to be carried out.
func done[T any](c *Case, outcome ams.Outcome[T]) T {
	c.Helper()
	value, ok := outcome.Value()
	if !ok {
		c.Fatalf("expected Done, got %s", outcome)
	}
	return value
}

// rejected expects a definite no, for one of the reasons.
func rejected[T any](c *Case, outcome ams.Outcome[T], codes ...ams.Code) {
	c.Helper()
	no, ok := outcome.Rejection()
	if !ok {
		c.Fatalf("expected Rejected with %v, got %s", codes, outcome)
	}
	if no.Reason == "" {
		c.Errorf("rejection %s has no reason for people", no.Code)
	}
	for _, code := range codes {
		if no.Code == code {
			return
		}
	}
	c.Fatalf("expected Rejected with %v, got %s", codes, no)
}

func usd(cents int64) money.Amount { return money.Amount{Minor: cents, Currency: "USD"} }

func alias(account ams.Account) ams.PartyID {
	return ams.PartyID{Type: "MSISDN", Identifier: "27" + string(account)}
}

// The references of a transfer's operations.
func holdOf(transfer string) ams.Reference { return ams.ReferenceOf(transfer, ams.OperationHold) }

func bookOf(transfer string) ams.Reference { return ams.ReferenceOf(transfer, ams.OperationBook) }

func releaseOf(transfer string) ams.Reference { return ams.ReferenceOf(transfer, ams.OperationRelease) }

func creditOf(transfer string) ams.Reference { return ams.ReferenceOf(transfer, ams.OperationCredit) }

func reverseOf(transfer string) ams.Reference { return ams.ReferenceOf(transfer, ams.OperationReverse) }

// hold, book, release, credit and reverse ask for the operation of a transfer.
func (c *Case) hold(transfer string, account ams.Account, cents int64) ams.Outcome[ams.Receipt] {
	return c.sys().Hold(c.ctx, ams.HoldRequest{Reference: holdOf(transfer), Account: account, Amount: usd(cents)})
}

func (c *Case) book(transfer string, cents int64) ams.Outcome[ams.Receipt] {
	return c.sys().Book(c.ctx, ams.BookRequest{Reference: bookOf(transfer), Hold: holdOf(transfer), Amount: usd(cents)})
}

func (c *Case) release(transfer string) ams.Outcome[ams.Receipt] {
	return c.sys().Release(c.ctx, ams.ReleaseRequest{Reference: releaseOf(transfer), Hold: holdOf(transfer)})
}

func (c *Case) credit(transfer string, account ams.Account, cents int64) ams.Outcome[ams.Receipt] {
	return c.sys().Credit(c.ctx, ams.CreditRequest{Reference: creditOf(transfer), Account: account, Amount: usd(cents)})
}

func (c *Case) reverse(transfer string, original ams.Reference) ams.Outcome[ams.Receipt] {
	return c.sys().Reverse(c.ctx, ams.ReverseRequest{Reference: reverseOf(transfer), Original: original, Reason: "conformance"})
}

// notebook is the Reporter of Probe.
type notebook struct {
	name  string
	mu    sync.Mutex
	lines []string
	fail  bool
}

func (n *notebook) text() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.lines, "\n")
}

func (n *notebook) note(fail bool, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fail = n.fail || fail
	if text != "" {
		n.lines = append(n.lines, text)
	}
}

// Failed says whether the row found something.
func (n *notebook) Failed() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.fail
}

func (n *notebook) Helper()                    {}
func (n *notebook) Name() string               { return n.name }
func (n *notebook) Logf(f string, args ...any) { n.note(false, fmt.Sprintf(f, args...)) }
func (n *notebook) Log(args ...any)            { n.note(false, fmt.Sprint(args...)) }
func (n *notebook) Fail()                      { n.note(true, "") }
func (n *notebook) Errorf(f string, args ...any) {
	n.note(true, fmt.Sprintf(f, args...))
}
func (n *notebook) Error(args ...any) { n.note(true, fmt.Sprint(args...)) }
func (n *notebook) FailNow()          { n.Fail(); runtime.Goexit() }
func (n *notebook) Fatalf(f string, args ...any) {
	n.Errorf(f, args...)
	runtime.Goexit()
}
func (n *notebook) Fatal(args ...any)           { n.Error(args...); runtime.Goexit() }
func (n *notebook) SkipNow()                    { runtime.Goexit() }
func (n *notebook) Skip(args ...any)            { n.Log(args...); runtime.Goexit() }
func (n *notebook) Skipf(f string, args ...any) { n.Logf(f, args...); runtime.Goexit() }

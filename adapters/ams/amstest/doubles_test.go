package amstest_test

import (
	"context"
	"errors"
	"flag"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/amstest"
	"github.com/payhub/payhub/adapters/ams/ledger/ledgertest"
	"github.com/payhub/payhub/flows/contract/money"
)

// Failures of the random row are wanted here: they need no long search for the shortest example and no file to repeat them, and
// whether a fault is found must not depend on luck.
func TestMain(m *testing.M) {
	for flagName, value := range map[string]string{"rapid.shrinktime": "1ms", "rapid.nofailfile": "true", "rapid.seed": "1", "rapid.checks": "100"} {
		if err := flag.Set(flagName, value); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// Each double is the reference ledger with one fault. The kit must find it in exactly the rows that are about it.
func TestEveryBrokenDoubleFailsTheRowsThatAreAboutItsFault(t *testing.T) {
	for _, double := range doubles {
		t.Run(double.fault, func(t *testing.T) {
			var failed []string
			for _, failure := range amstest.Probe(double.make, rowsWithoutRandom()) {
				if !slices.Contains(double.may, failure.Rule) {
					failed = append(failed, failure.Rule)
				}
				t.Logf("%s: %s", failure.Rule, failure.Found)
			}
			if !slices.Equal(failed, double.fails) {
				t.Errorf("failed rows:\n  %s\nexpected:\n  %s", strings.Join(failed, "\n  "), strings.Join(double.fails, "\n  "))
			}
		})
	}
}

func TestTheRandomRowFindsCommonFaultsToo(t *testing.T) {
	for _, double := range doubles {
		if !double.random {
			continue
		}
		t.Run(double.fault, func(t *testing.T) {
			if len(amstest.Probe(double.make, []amstest.Rule{amstest.RandomRule()})) == 0 {
				t.Error("the random row did not notice")
			}
		})
	}
}

func TestASoundSystemFailsNoRowOfAProbe(t *testing.T) {
	if failures := amstest.Probe(ledgertest.New, rowsWithoutRandom()); len(failures) > 0 {
		t.Errorf("the reference ledger fails %+v", failures)
	}
}

func rowsWithoutRandom() []amstest.Rule {
	return slices.DeleteFunc(amstest.Rules(), func(r amstest.Rule) bool { return r.Name == amstest.RandomRule().Name })
}

// double is a reference ledger with a fault in front of it.
type double struct {
	fault string
	fails []string
	// may names rows that see the fault only when a race goes one way.
	may []string
	// random says that the random row sees the fault in the first hundred runs, too.
	random bool
	spoil  func(*broken)
}

func (d double) make() (amstest.Subject, error) {
	subject, err := ledgertest.Make()
	if err != nil {
		return nil, err
	}
	b := &broken{Subject: subject, seen: make(map[ams.Reference]int)}
	d.spoil(b)
	return b, nil
}

// broken is a subject and a system at once: what is set replaces the ledger's own.
type broken struct {
	*ledgertest.Subject
	mu   sync.Mutex
	seen map[ams.Reference]int

	hold      func(context.Context, ams.HoldRequest) ams.Outcome[ams.Receipt]
	book      func(context.Context, ams.BookRequest) ams.Outcome[ams.Receipt]
	release   func(context.Context, ams.ReleaseRequest) ams.Outcome[ams.Receipt]
	credit    func(context.Context, ams.CreditRequest) ams.Outcome[ams.Receipt]
	status    func(context.Context, ams.Reference) ams.Outcome[ams.Status]
	statement func(context.Context, ams.StatementRequest) ams.Outcome[ams.Statement]
	restart   func() error
	totals    func() ([]money.Amount, error)
}

func (b *broken) System() ams.System { return b }

// Close leaves the books unproved: they are wrong on purpose.
func (b *broken) Close() error { return b.Discard() }

func (b *broken) Hold(ctx context.Context, r ams.HoldRequest) ams.Outcome[ams.Receipt] {
	if b.hold != nil {
		return b.hold(ctx, r)
	}
	return b.Ledger.Hold(ctx, r)
}

func (b *broken) Book(ctx context.Context, r ams.BookRequest) ams.Outcome[ams.Receipt] {
	if b.book != nil {
		return b.book(ctx, r)
	}
	return b.Ledger.Book(ctx, r)
}

func (b *broken) Release(ctx context.Context, r ams.ReleaseRequest) ams.Outcome[ams.Receipt] {
	if b.release != nil {
		return b.release(ctx, r)
	}
	return b.Ledger.Release(ctx, r)
}

func (b *broken) Credit(ctx context.Context, r ams.CreditRequest) ams.Outcome[ams.Receipt] {
	if b.credit != nil {
		return b.credit(ctx, r)
	}
	return b.Ledger.Credit(ctx, r)
}

func (b *broken) Status(ctx context.Context, r ams.Reference) ams.Outcome[ams.Status] {
	if b.status != nil {
		return b.status(ctx, r)
	}
	return b.Ledger.Status(ctx, r)
}

func (b *broken) Statement(ctx context.Context, r ams.StatementRequest) ams.Outcome[ams.Statement] {
	if b.statement != nil {
		return b.statement(ctx, r)
	}
	return b.Ledger.Statement(ctx, r)
}

func (b *broken) Restart() error {
	if b.restart != nil {
		return b.restart()
	}
	return b.Subject.Restart()
}

func (b *broken) Totals() ([]money.Amount, error) {
	if b.totals != nil {
		return b.totals()
	}
	return b.Subject.Totals()
}

// again counts how often a reference was used before.
func (b *broken) again(r ams.Reference) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen[r]++
	return b.seen[r] - 1
}

// fresh is a reference nobody used.
func (b *broken) fresh(r ams.Reference) ams.Reference {
	return r + ams.Reference(strings.Repeat("'", 1+b.again(r+"'")))
}

// secretly debits an account once more than it should.
func (b *broken) secretly(ctx context.Context, account ams.Account, amount money.Amount, r ams.Reference) ams.Outcome[ams.Receipt] {
	hold := b.fresh(r + "h")
	b.Ledger.Hold(ctx, ams.HoldRequest{Reference: hold, Account: account, Amount: amount})
	return b.Ledger.Book(ctx, ams.BookRequest{Reference: b.fresh(r), Hold: hold, Amount: amount})
}

func code[T any](o ams.Outcome[T]) ams.Code {
	no, _ := o.Rejection()
	return no.Code
}

var errStandIn = errors.New("stand-in")

func claim(r ams.Reference, op ams.Operation, account ams.Account, amount money.Amount) ams.Outcome[ams.Receipt] {
	return ams.Done(ams.Receipt{Reference: r, Operation: op, Account: account, Amount: amount, At: time.Unix(1, 0)})
}

// raced checks and acts in two steps with room for another between them.
func (b *broken) raced(ctx context.Context, r ams.HoldRequest) ams.Outcome[ams.Receipt] {
	first := b.again(r.Reference) == 0
	balance, ok := b.Ledger.Balance(ctx, r.Account).Value()
	for range 100 {
		runtime.Gosched()
	}
	outcome := b.Ledger.Hold(ctx, r)
	if ok && first && code(outcome) == ams.CodeInsufficientFunds && balance.Available.Minor >= r.Amount.Minor {
		return claim(r.Reference, ams.OperationHold, r.Account, r.Amount)
	}
	return outcome
}

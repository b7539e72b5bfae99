package judge

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // registers the database/sql driver "sqlite"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/amssim"
	"github.com/payhub/payhub/adapters/ams/ledger"
	"github.com/payhub/payhub/flows/contract/money"
	"github.com/payhub/payhub/test/books"
	"github.com/payhub/payhub/test/chaos/history"
)

// The tenants whose ledgers payhub dev begins with.
const payer, payee = "greenbank", "bluebank"

// scene is a small run that kept every rule: payments that were committed, one that was aborted after a hold, one that was
// refused, and one each of what waits. Its books are real ledgers.
type scene struct {
	folder string
	now    time.Time
	notes  []history.Note
}

func play(t *testing.T) *scene {
	t.Helper()
	s := &scene{folder: t.TempDir(), now: time.Now()}
	green, blue := s.open(t, payer), s.open(t, payee)
	for i, cents := range []int64{105, 5} {
		tx := s.paid(fmt.Sprintf("paid-%d", i), history.Order{Cents: cents}, "COMMITTED", "")
		did(t, green.Hold(t.Context(), ams.HoldRequest{Reference: ref(tx, ams.OperationHold), Account: "green-1", Amount: usd(cents)}))
		did(t, blue.Credit(t.Context(), ams.CreditRequest{Reference: ref(tx, ams.OperationCredit), Account: "blue-1", Amount: usd(cents)}))
		did(t, green.Book(t.Context(), ams.BookRequest{Reference: ref(tx, ams.OperationBook), Hold: ref(tx, ams.OperationHold), Amount: usd(cents)}))
	}
	tx := s.paid("released", history.Order{Cents: 42}, "ABORTED", "TimeOut: no answer")
	did(t, green.Hold(t.Context(), ams.HoldRequest{Reference: ref(tx, ams.OperationHold), Account: "green-1", Amount: usd(42)}))
	did(t, green.Release(t.Context(), ams.ReleaseRequest{Reference: ref(tx, ams.OperationRelease), Hold: ref(tx, ams.OperationHold)}))
	s.paid("refused", history.Order{Cents: 9_999_999, Refused: true}, "ABORTED", "PayerInsufficientBalance: too little")
	s.waited(history.Timer, "timer", 3*time.Second)
	s.waited(history.Message, "message", 0)
	s.waited(history.Start, "start", 0)
	s.add(0, history.Note{What: history.Fault, Detail: "kill"})
	s.add(time.Second, history.Note{What: history.Healed})
	for _, l := range []*ledger.Ledger{green, blue} {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *scene) file(tenant string) string { return filepath.Join(s.folder, tenant+".db") }

func (s *scene) open(t *testing.T, tenant string) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(t.Context(), ledger.Options{Path: s.file(tenant)})
	if err == nil {
		err = amssim.Seed(t.Context(), l, tenant)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// add writes a note some time after the one before.
func (s *scene) add(after time.Duration, n history.Note) {
	s.now = s.now.Add(after)
	n.At = s.now
	s.notes = append(s.notes, n)
}

// paid plays a payment: sent, lost, sent again and acknowledged, worked for, repeated with another body, polled.
func (s *scene) paid(key string, o history.Order, state, detail string) (transaction string) {
	transaction = "tx-" + key
	n := func(what history.Event) history.Note {
		return history.Note{What: what, Work: history.Payment, Key: key, Body: key}
	}
	sent, answered, busy, other := n(history.Sent), n(history.Answered), n(history.Answered), n(history.Answered)
	sent.Order = &o
	answered.Status, answered.Transaction = 200, transaction
	busy.Status, other.Status, other.Body = 503, 409, "other"
	polled := history.Note{What: history.Polled, Work: history.Payment, Transaction: transaction, Status: 200, State: "RESERVED"}
	s.add(1e6, sent)
	s.add(1e6, n(history.Lost))
	s.add(1e6, n(history.Sent))
	s.add(1e6, busy)
	s.add(1e6, answered)
	s.add(1e6, other)
	s.add(1e6, history.Note{What: history.Job, Work: history.Payment, Transaction: transaction, Instance: 7, JobKey: 8})
	s.add(1e6, polled)
	polled.State, polled.Detail = state, detail
	s.add(1e6, polled)
	s.add(1e6, polled)
	return transaction
}

// waited plays something that waits: begun at the second attempt, its message published, its job delivered twice, and ended.
func (s *scene) waited(w history.Work, key string, delay time.Duration) {
	n := func(what history.Event) history.Note {
		return history.Note{What: what, Work: w, Key: key, Delay: delay, Instance: 70, JobKey: 80}
	}
	if w != history.Start {
		s.add(1e6, n(history.Sent))
		s.add(1e6, n(history.Lost))
		s.add(1e6, n(history.Answered))
	}
	if w != history.Timer {
		s.add(1e6, n(history.Publish))
		s.add(1e6, n(history.Published))
	}
	s.add(delay+time.Millisecond, n(history.Job))
	s.add(1e6, n(history.Job)) // the same job again: a worker was gone
	if w != history.Start {
		polled := n(history.Polled)
		polled.State = "ACTIVE"
		s.add(1e6, polled)
		polled.State = "COMPLETED"
		s.add(1e6, polled)
	}
}

func ref(transaction string, o ams.Operation) ams.Reference { return ams.ReferenceOf(transaction, o) }

func usd(cents int64) money.Amount { return money.Amount{Minor: cents, Currency: "USD"} }

func did(t *testing.T, outcome ams.Outcome[ams.Receipt]) {
	t.Helper()
	if _, done := outcome.Value(); !done {
		t.Fatal(outcome.Err())
	}
}

// judged reads the books and judges.
func (s *scene) judged(t *testing.T) *Verdict {
	t.Helper()
	e := Evidence{Notes: s.notes}
	var err error
	if e.Payer, err = books.Read(t.Context(), s.file(payer), s.folder); err != nil {
		t.Fatal(err)
	}
	if e.Payee, err = books.Read(t.Context(), s.file(payee), s.folder); err != nil {
		t.Fatal(err)
	}
	return Judge(e)
}

// A run that kept every rule is blamed for nothing, and everything in it is counted.
func TestNothingIsFoundWhereNothingIs(t *testing.T) {
	v := play(t).judged(t)
	if len(v.Findings) > 0 {
		t.Errorf("blamed for %q", v.Findings)
	}
	if v.Total() != 7 || v.Acknowledged[history.Payment] != 4 || v.Committed != 2 || v.TimedOut != 1 || v.Unanswered != 6 {
		t.Errorf("counted wrong: %+v", v)
	}
}

// forget drops notes.
func forget(drop func(history.Note) bool) func([]history.Note) []history.Note {
	return func(notes []history.Note) []history.Note { return slices.DeleteFunc(notes, drop) }
}

// change doctors notes.
func change(do func(*history.Note)) func([]history.Note) []history.Note {
	return func(notes []history.Note) []history.Note {
		for i := range notes {
			do(&notes[i])
		}
		return notes
	}
}

// TestEachKindOfHarmIsFound doctors the record or the books of a run that was right, one thing at a time. Each must be found,
// under its rule and as its harm.
func TestEachKindOfHarmIsFound(t *testing.T) {
	polled := func(n *history.Note) bool {
		return n.What == history.Polled && n.Transaction == "tx-paid-0"
	}
	of := func(n history.Note, w history.Work, what history.Event) bool { return n.Work == w && n.What == what }
	for name, c := range map[string]struct {
		harm   Harm
		rule   string
		record func([]history.Note) []history.Note
		payer  string // doctors the payer's books
		payee  string // doctors the payee's books
	}{
		"an acknowledged payment is not known": {harm: Lost, rule: RuleLost, record: change(func(n *history.Note) {
			if polled(n) {
				n.Status, n.State = 404, ""
			}
		})},
		"a payment does not end": {harm: Stuck, rule: RuleEnds, record: change(func(n *history.Note) {
			if polled(n) {
				n.State = "RESERVED"
			}
		})},
		"a payment ends too late": {harm: Stuck, rule: RuleEnds, record: change(func(n *history.Note) {
			if polled(n) && n.State == "COMMITTED" {
				n.At = n.At.Add(3 * time.Minute)
			}
		})},
		"a payment is never acknowledged": {harm: Stuck, rule: RuleEnds, record: forget(func(n history.Note) bool {
			return n.Key == "paid-1" && n.Status == 200
		})},
		"a final state changes": {harm: Wrong, rule: RuleFinal, record: change(func(n *history.Note) {
			if polled(n) && n.State == "RESERVED" {
				n.State = "ABORTED"
			}
		})},
		"a key has two payments": {harm: Doubled, rule: RuleKey, record: change(func(n *history.Note) {
			if n.Key == "paid-0" && n.Status == 503 {
				n.Status, n.Transaction = 200, "tx-second"
			}
		})},
		"a payment has two instances": {harm: Doubled, rule: RuleLost, record: func(notes []history.Note) []history.Note {
			return append(notes, history.Note{What: history.Job, Work: history.Payment, Transaction: "tx-paid-0", Instance: 9, JobKey: 10})
		}},
		"two keys have one payment": {harm: Lost, rule: RuleKey, record: change(func(n *history.Note) {
			if n.Status == 200 && n.Transaction == "tx-paid-1" {
				n.Transaction = "tx-paid-0"
			}
		})},
		"another body is accepted": {harm: Wrong, rule: RuleKey, record: change(func(n *history.Note) {
			if n.Key == "paid-1" && n.Status == 409 {
				n.Status, n.Transaction = 200, "tx-paid-1"
			}
		})},
		"a repeat is refused": {harm: Wrong, rule: RuleNotNow, record: change(func(n *history.Note) {
			if n.Key == "paid-1" && n.Status == 503 {
				n.Status = 409
			}
		})},
		"a payment that cannot succeed does": {harm: Wrong, rule: RuleOutcome, record: change(func(n *history.Note) {
			if n.Transaction == "tx-refused" && n.State == "ABORTED" {
				n.State = "COMMITTED"
			}
		})},
		"a payment is aborted for no reason": {harm: Wrong, rule: RuleOutcome, record: change(func(n *history.Note) {
			if n.Transaction == "tx-released" {
				n.Detail = "GenericPayerError: no"
			}
		})},
		"a timer is lost":           {harm: Lost, rule: RuleLost, record: forget(func(n history.Note) bool { return of(n, history.Timer, history.Job) })},
		"a message is lost":         {harm: Lost, rule: RuleLost, record: forget(func(n history.Note) bool { return of(n, history.Message, history.Job) })},
		"a message starts nothing":  {harm: Lost, rule: RuleLost, record: forget(func(n history.Note) bool { return of(n, history.Start, history.Job) })},
		"an instance is lost":       {harm: Lost, rule: RuleLost, record: state(history.Timer, "NOT_FOUND")},
		"an instance does not end":  {harm: Stuck, rule: RuleEnds, record: state(history.Message, "ACTIVE")},
		"an instance ends no more":  {harm: Wrong, rule: RuleFinal, record: state(history.Timer, "COMPLETED", "ACTIVE")},
		"an instance is never told": {harm: Stuck, rule: RuleEnds, record: forget(func(n history.Note) bool { return of(n, history.Message, history.Published) })},
		"a timer fires twice":       {harm: Doubled, rule: RuleOnce, record: again(history.Timer, 81)},
		"a message comes twice":     {harm: Doubled, rule: RuleOnce, record: again(history.Message, 81)},
		"a message starts two":      {harm: Doubled, rule: RuleOnce, record: again(history.Start, 81)},
		"a job of nobody's":         {harm: Wrong, rule: RuleInvented, record: forget(func(n history.Note) bool { return n.Work == history.Timer && n.What != history.Job })},
		"a key has two instances": {harm: Doubled, rule: RuleKey, record: func(notes []history.Note) []history.Note {
			return append(notes, history.Note{What: history.Answered, Work: history.Timer, Key: "timer", Instance: 71})
		}},
		"a job is of another instance": {harm: Doubled, rule: RuleLost, record: change(func(n *history.Note) {
			if of(*n, history.Message, history.Job) {
				n.Instance = 71
			}
		})},
		"a timer is early": {harm: Wrong, rule: RuleEarly, record: change(func(n *history.Note) {
			if of(*n, history.Timer, history.Job) {
				n.At = n.At.Add(-time.Second)
			}
		})},
		"a timer is far too late": {harm: Stuck, rule: RuleEnds, record: change(func(n *history.Note) {
			if of(*n, history.Timer, history.Job) {
				n.At = n.At.Add(2 * time.Minute)
			}
		})},

		"a hold is left":             {harm: Stuck, rule: RuleHeld, payer: "UPDATE holds SET state = 'HELD' WHERE reference = 'tx-released:hold'; UPDATE accounts SET held = 42 WHERE id = 'green-1'"},
		"a debit is missing":         {harm: Lost, rule: RuleMoved, payer: undo("tx-paid-0:book")},
		"a credit is missing":        {harm: Lost, rule: RuleMoved, payee: undo("tx-paid-0:credit")},
		"a credit is there twice":    {harm: Doubled, rule: RuleMoved, payee: twice("tx-paid-0:credit", "tx-paid-0:credit-2")},
		"an aborted payment moved":   {harm: Wrong, rule: RuleMoved, payer: "UPDATE operations SET reference = 'tx-released:book' WHERE reference = 'tx-paid-0:book'"},
		"money for nobody":           {harm: Wrong, rule: RuleInvented, payee: twice("tx-paid-0:credit", "tx-other:credit")},
		"money stays on the way":     {harm: Wrong, rule: RuleConserved, payee: undo("tx-paid-0:credit")},
		"an account has a cent more": {harm: Wrong, rule: RuleConserved, payee: "UPDATE accounts SET balance = balance + 1 WHERE id = 'blue-1'"},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t)
			if c.record != nil {
				s.notes = c.record(s.notes)
			}
			doctor(t, s.file(payer), c.payer)
			doctor(t, s.file(payee), c.payee)
			v := s.judged(t)
			if !slices.ContainsFunc(v.Findings, func(f Finding) bool { return f.Harm == c.harm && f.Rule == c.rule }) {
				t.Errorf("not found: %s, %s; found %q", c.harm, c.rule, v.Findings)
			}
		})
	}
}

// state replaces what was seen of an instance that waits.
func state(w history.Work, states ...string) func([]history.Note) []history.Note {
	i := 0
	return change(func(n *history.Note) {
		if n.Work == w && n.What == history.Polled {
			n.State = states[min(i, len(states)-1)]
			i++
		}
	})
}

// again adds a job of another key to those of a kind of work.
func again(w history.Work, job int64) func([]history.Note) []history.Note {
	return func(notes []history.Note) []history.Note {
		for _, n := range notes {
			if n.Work == w && n.What == history.Job {
				n.JobKey = job
				return append(notes, n)
			}
		}
		return notes
	}
}

// doctor changes rows of a ledger's file behind its back.
func doctor(t *testing.T, file, statements string) {
	t.Helper()
	if statements == "" {
		return
	}
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), statements); err != nil {
		t.Fatal(err)
	}
}

// settleBalances makes the accounts' balances those of their entries, so that one thing alone is wrong.
const settleBalances = "; UPDATE accounts SET balance = (SELECT coalesce(sum(amount), 0) FROM entries WHERE account = id)"

// undo takes a movement out of the books.
func undo(reference string) string {
	return fmt.Sprintf("DELETE FROM entries WHERE operation = (SELECT seq FROM operations WHERE reference = '%s');"+
		"DELETE FROM operations WHERE reference = '%[1]s'", reference) + settleBalances
}

// twice books a movement again under another reference.
func twice(reference, other string) string {
	return strings.NewReplacer("$ref", reference, "$other", other).Replace(
		"INSERT INTO operations SELECT 1000, '$other', operation, body, code, reason, account, amount, currency, target, at FROM operations WHERE reference = '$ref';"+
			"INSERT INTO entries SELECT account, 1000, amount, 0 FROM entries WHERE operation = (SELECT seq FROM operations WHERE reference = '$ref')") + settleBalances
}

package crash

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/amssim"
	"github.com/payhub/payhub/adapters/ams/ledger"
	"github.com/payhub/payhub/flows/contract/money"

	"github.com/payhub/payhub/test/books"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scene is a small run that kept every rule: three payments that were committed, one that was aborted after a hold, one that
// was refused. Its books are real ledgers.
type scene struct {
	evidence
	folder string
}

func play(t *testing.T) *scene {
	t.Helper()
	s := &scene{folder: t.TempDir()}
	payer, payee := s.open(t, payerTenant), s.open(t, payeeTenant)
	for i, cents := range []int64{105, 5, 250} {
		transaction := s.asked(fmt.Sprintf("paid-%d", i), cents, "COMMITTED", "")
		did(t, payer.Hold(t.Context(), ams.HoldRequest{Reference: ref(transaction, ams.OperationHold), Account: "green-1", Amount: usd(cents)}))
		did(t, payee.Credit(t.Context(), ams.CreditRequest{Reference: ref(transaction, ams.OperationCredit), Account: "blue-1", Amount: usd(cents)}))
		did(t, payer.Book(t.Context(), ams.BookRequest{Reference: ref(transaction, ams.OperationBook), Hold: ref(transaction, ams.OperationHold), Amount: usd(cents)}))
	}
	transaction := s.asked("released", 42, "ABORTED", "TimeOut: no answer")
	did(t, payer.Hold(t.Context(), ams.HoldRequest{Reference: ref(transaction, ams.OperationHold), Account: "green-1", Amount: usd(42)}))
	did(t, payer.Release(t.Context(), ams.ReleaseRequest{Reference: ref(transaction, ams.OperationRelease), Hold: ref(transaction, ams.OperationHold)}))
	transaction = s.asked("refused", overdraft, "ABORTED", "PayerInsufficientBalance: too little")
	payer.Hold(t.Context(), ams.HoldRequest{Reference: ref(transaction, ams.OperationHold), Account: "green-1", Amount: usd(overdraft)})
	for _, l := range []*ledger.Ledger{payer, payee} {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *scene) file(tenant string) string { return filepath.Join(s.folder, "ledger-"+tenant+".db") }

func (s *scene) open(t *testing.T, tenant string) *ledger.Ledger {
	t.Helper()
	books, err := ledger.Open(t.Context(), ledger.Options{Path: s.file(tenant)})
	if err == nil {
		err = amssim.Seed(t.Context(), books, tenant)
	}
	if err != nil {
		t.Fatal(err)
	}
	return books
}

// asked plays a payment's part of the record: sent, lost, sent again and acknowledged, repeated, sent with another body, polled.
func (s *scene) asked(key string, cents int64, state, detail string) (transaction string) {
	transaction = "tx-" + key
	o := order{Cents: cents, Refused: cents >= overdraft}
	body := o.body(key, 0)
	s.notes = append(s.notes,
		note{What: eventSent, Key: key, Body: body, Order: &o},
		note{What: eventLost, Key: key, Body: body},
		note{What: eventSent, Key: key, Body: body},
		note{What: eventAnswered, Key: key, Body: body, Status: 503},
		note{What: eventAnswered, Key: key, Body: body, Status: 200, Transaction: transaction},
		note{What: eventAnswered, Key: key, Body: "other", Status: 409},
		note{What: eventPolled, Transaction: transaction, Status: 200, State: "RESERVED"},
		note{What: eventPolled, Transaction: transaction, Status: 200, State: state, Detail: detail},
		note{What: eventPolled, Transaction: transaction, Status: 503},
		note{What: eventPolled, Transaction: transaction, Status: 200, State: state, Detail: detail})
	s.listed = append(s.listed, listedTransfer{transaction, state, fmt.Sprintf("%d.%02d", cents/100, cents%100)})
	return transaction
}

func ref(transaction string, o ams.Operation) ams.Reference { return ams.ReferenceOf(transaction, o) }

func usd(cents int64) money.Amount { return money.Amount{Minor: cents, Currency: "USD"} }

func did(t *testing.T, outcome ams.Outcome[ams.Receipt]) {
	t.Helper()
	if _, done := outcome.Value(); !done {
		t.Fatal(outcome.Err())
	}
}

// judged reads the books and gives the rules that are broken.
func (s *scene) judged(t *testing.T) (rules []string) {
	t.Helper()
	var err error
	if s.payer, err = books.Read(t.Context(), s.file(payerTenant), s.folder); err != nil {
		t.Fatal(err)
	}
	if s.payee, err = books.Read(t.Context(), s.file(payeeTenant), s.folder); err != nil {
		t.Fatal(err)
	}
	for _, f := range check(s.evidence) {
		t.Logf("%s: %s", f.rule, f.what)
		rules = append(rules, f.rule)
	}
	return rules
}

// TestTheCheckerFindsWhatIsWrong doctors the record, the list or the books of a run that was right, one thing at a time. Each must
// be found, under the rule that it breaks.
func TestTheCheckerFindsWhatIsWrong(t *testing.T) {
	if broken := play(t).judged(t); broken != nil {
		t.Fatalf("a run that kept every rule is blamed for %q", broken)
	}
	polled := func(n *note) bool { return n.What == eventPolled && n.Transaction == "tx-paid-0" }
	for name, c := range map[string]struct {
		rule   string
		record func(*note)                             // doctors each note
		list   func([]listedTransfer) []listedTransfer // doctors the list
		payer  string                                  // doctors the payer's books
		payee  string                                  // doctors the payee's books
	}{
		"an acknowledged payment is not known": {rule: ruleLost, record: func(n *note) {
			if polled(n) {
				n.Status, n.State = 404, ""
			}
		}},
		"a payment never ends": {rule: ruleEnds, record: func(n *note) {
			if polled(n) {
				n.State = "RESERVED"
			}
		}},
		"a payment is never acknowledged": {rule: ruleEnds, record: func(n *note) {
			if n.Key == "paid-1" && n.Status == 200 {
				n.What = eventLost
			}
		}},
		"a final state changes": {rule: ruleFinal, record: func(n *note) {
			if polled(n) && n.State == "RESERVED" {
				n.State = "ABORTED"
			}
		}},
		"a key has two payments": {rule: ruleKey, record: func(n *note) {
			if n.Key == "paid-0" && n.Status == 503 {
				n.Status, n.Transaction = 200, "tx-second"
			}
		}},
		"two keys have one payment": {rule: ruleKey, record: func(n *note) {
			if n.Status == 200 && n.Transaction == "tx-paid-1" {
				n.Transaction = "tx-paid-0"
			}
		}},
		"another body is accepted": {rule: ruleKey, record: func(n *note) {
			if n.Key == "paid-2" && n.Status == 409 {
				n.Status, n.Transaction = 200, "tx-paid-2"
			}
		}},
		"a repeat is refused": {rule: ruleOtherAnswer, record: func(n *note) {
			if n.Key == "paid-2" && n.Status == 503 {
				n.Status = 409
			}
		}},
		"a payment that cannot succeed succeeds": {rule: ruleOutcome, record: func(n *note) {
			if n.Transaction == "tx-refused" && n.State == "ABORTED" {
				n.State = "COMMITTED"
			}
		}},
		"a payment is aborted for no reason": {rule: ruleOutcome, record: func(n *note) {
			if n.Transaction == "tx-released" {
				n.Detail = "GenericPayerError: no"
			}
		}},
		"the list has a hole":         {rule: ruleListed, list: func(l []listedTransfer) []listedTransfer { return l[1:] }},
		"the list is behind":          {rule: ruleListed, list: func(l []listedTransfer) []listedTransfer { l[0].State = "RESERVED"; return l }},
		"the list has another amount": {rule: ruleListed, list: func(l []listedTransfer) []listedTransfer { l[0].Amount = "1.06"; return l }},
		"a payment was started twice": {rule: ruleLost, list: func(l []listedTransfer) []listedTransfer { return append(l, l[0]) }},
		"a payment nobody asked for":  {rule: ruleInvented, list: func(l []listedTransfer) []listedTransfer { return append(l, listedTransfer{Transaction: "tx-other"}) }},

		"a hold is left":               {rule: ruleHeld, payer: "UPDATE holds SET state = 'HELD' WHERE reference = 'tx-released:hold'; UPDATE accounts SET held = 42 WHERE id = 'green-1'"},
		"an account forgets to unhold": {rule: ruleHeld, payer: "UPDATE accounts SET held = 42 WHERE id = 'green-1'"},
		"a debit is missing":           {rule: ruleMoved, payer: undo("tx-paid-0:book")},
		"a credit is missing":          {rule: ruleMoved, payee: undo("tx-paid-0:credit")},
		"a credit is there twice":      {rule: ruleMoved, payee: again("tx-paid-0:credit", "tx-paid-0:credit-2")},
		"a debit is there twice":       {rule: ruleMoved, payer: "DROP INDEX one_booking_per_hold;" + again("tx-paid-1:book", "tx-paid-1:book-2")},
		"a credit of another amount":   {rule: ruleMoved, payee: more("tx-paid-0:credit", "blue-1", 1)},
		"an aborted payment moved":     {rule: ruleMoved, payer: rename("tx-paid-0:book", "tx-released:book")},
		"money for nobody":             {rule: ruleInvented, payee: again("tx-paid-0:credit", "tx-other:credit")},
		"money stays on the way":       {rule: ruleConserved, payee: undo("tx-paid-0:credit")},
		"an account has a cent more":   {rule: ruleConserved, payee: "UPDATE accounts SET balance = balance + 1 WHERE id = 'blue-1'"},
		"an entry has a cent more":     {rule: ruleConserved, payer: "UPDATE entries SET amount = amount + 1 WHERE account = 'green-1' AND operation = 3"},
		"an entry on no account":       {rule: ruleConserved, payer: "UPDATE entries SET account = 'gone' WHERE account = 'green-1' AND operation = 3"},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t)
			for i := range s.notes {
				if c.record != nil {
					c.record(&s.notes[i])
				}
			}
			if c.list != nil {
				s.listed = c.list(s.listed)
			}
			for tenant, statement := range map[string]string{payerTenant: c.payer, payeeTenant: c.payee} {
				doctor(t, s.file(tenant), statement)
			}
			if broken := s.judged(t); !slices.Contains(broken, c.rule) {
				t.Errorf("not found: %s; found %q", c.rule, broken)
			}
		})
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
	before, after := 0, 0
	count := func(n *int) {
		if err := db.QueryRowContext(context.Background(), "SELECT total_changes()").Scan(n); err != nil {
			t.Fatal(err)
		}
	}
	db.SetMaxOpenConns(1)
	count(&before)
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
	if count(&after); before == after {
		t.Fatal("the doctor changed nothing")
	}
}

// settleBalances makes the accounts' balances those of their entries, so that one thing alone is wrong.
const settleBalances = "; UPDATE accounts SET balance = (SELECT coalesce(sum(amount), 0) FROM entries WHERE account = id)"

// The doctor's ways with a movement: it is gone, there again under another reference, larger, or somebody else's.
func undo(reference string) string {
	return fmt.Sprintf("DELETE FROM entries WHERE operation = (SELECT seq FROM operations WHERE reference = '%s');"+
		"DELETE FROM operations WHERE reference = '%[1]s'", reference) + settleBalances
}

func again(reference, other string) string {
	return strings.NewReplacer("$ref", reference, "$other", other).Replace(
		"INSERT INTO operations SELECT 1000, '$other', operation, body, code, reason, account, amount, currency, target, at FROM operations WHERE reference = '$ref';"+
			"INSERT INTO entries SELECT account, 1000, amount, 0 FROM entries WHERE operation = (SELECT seq FROM operations WHERE reference = '$ref')") + settleBalances
}

func more(reference, account string, cents int) string {
	return strings.NewReplacer("$op", "(SELECT seq FROM operations WHERE reference = '"+reference+"')", "$account", account, "$n", fmt.Sprint(cents)).Replace(
		"UPDATE entries SET amount = amount + $n WHERE operation = $op AND account = '$account';"+
			"UPDATE entries SET amount = amount - $n WHERE operation = $op AND account <> '$account'") + settleBalances
}

func rename(reference, other string) string {
	return fmt.Sprintf("UPDATE operations SET reference = '%s' WHERE reference = '%s'", other, reference)
}

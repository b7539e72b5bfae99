package ledger_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/adapters/ams/ledger"
	"github.com/payhub/payhub/adapters/ams/ledger/ledgertest"
	"github.com/payhub/payhub/flows/contract/money"
)

// Each row damages true books in one way behind the ledger's back; the check must name what is wrong.
func TestCheckFindsEveryDamage(t *testing.T) {
	for _, damage := range []struct{ sql, rule string }{
		{`UPDATE entries SET amount = amount + 1 WHERE account = 'alice' AND operation = (SELECT seq FROM operations WHERE reference = 't:book')`, "the entries of an operation sum to zero"},
		{`UPDATE accounts SET balance = balance + 1 WHERE id = 'alice'`, "all accounts of a currency sum to zero"},
		{`UPDATE accounts SET balance = balance + 1 WHERE id = 'alice'`, "an account's balance is the sum of its entries"},
		{`UPDATE entries SET balance = balance + 1 WHERE account = 'alice'`, "the balance on each entry is the one before plus its amount"},
		{`UPDATE accounts SET held = held + 1 WHERE id = 'alice'`, "what is held of an account is the sum of its living holds"},
		{`PRAGMA ignore_check_constraints = 1; UPDATE accounts SET held = 999999 WHERE id = 'alice'`, "no customer has less than nothing available"},
		{`UPDATE entries SET balance = -1 WHERE account = 'alice'`, "no customer's balance was ever below zero"},
		{`DELETE FROM entries WHERE operation = (SELECT seq FROM operations WHERE reference = 't:book')`, "an operation that moves money has two entries of its amount, any other none"},
		{`DELETE FROM operations WHERE reference = 't:book'`, "every entry belongs to an operation and is of its amount and currency"},
		{`UPDATE holds SET amount = amount + 1 WHERE state = 'HELD'`, "a hold belongs to an operation that was carried out, and is of its account and amount"},
		{`DELETE FROM holds WHERE state = 'HELD'`, "every hold that was carried out is there"},
		{`UPDATE holds SET state = 'BOOKED', booked = amount WHERE state = 'HELD'`, "a booked hold has exactly its one booking and no release"},
		{`UPDATE holds SET state = 'RELEASED' WHERE state = 'HELD'`, "a released hold has exactly its one release and no booking"},
		{`UPDATE holds SET state = 'HELD', booked = 0 WHERE state = 'BOOKED'`, "a living hold has no booking and no release"},
		{`UPDATE operations SET target = 'kept:hold' WHERE operation = 'reverse'`, "a reversal undoes a booking or credit of its amount, once"},
		{`DELETE FROM accounts WHERE id = 'alice'`, "every row refers to a row that is there"},
	} {
		t.Run(damage.rule, func(t *testing.T) {
			subject := usedBooks(t)
			if err := ledger.CheckFile(t.Context(), subject.Path()); err != nil {
				t.Fatalf("before the damage: %v", err)
			}
			tamper(t, subject.Path(), damage.sql)
			err := ledger.CheckFile(t.Context(), subject.Path())
			if err == nil || !strings.Contains(err.Error(), "it does not hold that "+damage.rule+":") {
				t.Errorf("the check found %v", err)
			}
			_ = subject.Close() // says again what is wrong, that is why it was called
		})
	}
}

// usedBooks are books with an operation of every kind.
func usedBooks(t *testing.T) *ledgertest.Subject {
	t.Helper()
	subject, err := ledgertest.Make()
	if err != nil {
		t.Fatal(err)
	}
	usd := func(cents int64) money.Amount { return money.Amount{Minor: cents, Currency: "USD"} }
	if err := subject.OpenAccount("alice", "Alice", usd(1000), ams.PartyID{Type: "MSISDN", Identifier: "1"}); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, outcome := range []ams.Outcome[ams.Receipt]{
		subject.Hold(ctx, ams.HoldRequest{Reference: "t:hold", Account: "alice", Amount: usd(100)}),
		subject.Book(ctx, ams.BookRequest{Reference: "t:book", Hold: "t:hold", Amount: usd(90)}),
		subject.Hold(ctx, ams.HoldRequest{Reference: "kept:hold", Account: "alice", Amount: usd(50)}),
		subject.Hold(ctx, ams.HoldRequest{Reference: "u:hold", Account: "alice", Amount: usd(50)}),
		subject.Release(ctx, ams.ReleaseRequest{Reference: "u:release", Hold: "u:hold"}),
		subject.Release(ctx, ams.ReleaseRequest{Reference: "never:release", Hold: "never:hold"}),
		subject.Credit(ctx, ams.CreditRequest{Reference: "t:credit", Account: "alice", Amount: usd(70)}),
		subject.Reverse(ctx, ams.ReverseRequest{Reference: "t:reverse", Original: "t:credit"}),
	} {
		if err := outcome.Err(); err != nil {
			t.Fatal(err)
		}
	}
	if outcome := subject.Hold(ctx, ams.HoldRequest{Reference: "over:hold", Account: "alice", Amount: usd(9999)}); outcome.Kind() != ams.KindRejected {
		t.Fatal(outcome)
	}
	return subject
}

func tamper(t *testing.T, path, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	for statement := range strings.SplitSeq(text, "; ") {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

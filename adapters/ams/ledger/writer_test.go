package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/flows/contract/money"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// An operation that cannot be written fails alone; its neighbours in the same commit are carried out.
func TestAFailedOperationDoesNotTakeItsNeighboursAlong(t *testing.T) {
	w, _ := bareWriter(t)
	broken := errors.New("broken")
	requests := []request{
		opens("alice"),
		{run: func(*batch) error { return broken }, done: make(chan error, 1)},
		opens("bob"),
	}
	w.commit(requests, noon)
	for i, want := range []error{nil, broken, nil} {
		if err := <-requests[i].done; !errors.Is(err, want) {
			t.Errorf("request %d: %v, expected %v", i, err, want)
		}
	}
	if got := count(t, w, "SELECT count(*) FROM accounts WHERE kind = 'CUSTOMER'"); got != 2 {
		t.Errorf("%d accounts are there, expected 2", got)
	}
}

// After a commit whose fate is unknown nothing is written or acknowledged any more.
func TestAFailedCommitIsUnknownAndLatched(t *testing.T) {
	w, _ := bareWriter(t)
	failing, err := w.conn.PrepareContext(t.Context(), "ROLLBACK TO missing")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = failing.Close() }()
	commit := w.end
	w.end = failing
	var doubt uncertain
	if err := w.transact([]request{opens("alice")}, noon); !errors.As(err, &doubt) {
		t.Fatalf("a failed commit gave %v, expected doubt", err)
	}
	w.end = commit
	err = w.transact([]request{opens("bob")}, noon)
	if err == nil || errors.As(err, &doubt) {
		t.Fatalf("after a failed commit: %v, expected a refusal", err)
	}
	if got := count(t, w, "SELECT count(*) FROM accounts"); got != 0 {
		t.Errorf("%d accounts are there, expected none", got)
	}
}

// A full disk refuses what needs room and nothing else; when there is room again everything goes on.
func TestAFullDiskRefusesAndEndsByItself(t *testing.T) {
	w, db := bareWriter(t)
	pages := count(t, w, "PRAGMA page_count")
	if _, err := w.conn.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
		t.Fatal(err)
	}
	var refused error
	opened := 0
	for i := 0; refused == nil && i < 10_000; i++ {
		if refused = w.transact([]request{opens(ams.Account(fmt.Sprintf("account-%d", i)))}, noon); refused == nil {
			opened++
		}
	}
	if refused == nil {
		t.Fatal("the disk was never full")
	}
	if _, err := w.conn.ExecContext(t.Context(), "PRAGMA max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	if err := w.transact([]request{opens("after")}, noon); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	if got := count(t, w, "SELECT count(*) FROM accounts WHERE kind = 'CUSTOMER'"); got != opened+1 {
		t.Errorf("%d accounts are there, expected %d", got, opened+1)
	}
	if err := check(t.Context(), db); err != nil {
		t.Error(err)
	}
}

// What asks after the end is told that it was not sent.
func TestAClosedLedgerTakesNothing(t *testing.T) {
	l, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "books.db")})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	outcome := l.Credit(t.Context(), ams.CreditRequest{Reference: "t", Account: "alice", Amount: money.Amount{Minor: 1, Currency: "USD"}})
	if outcome.Kind() != ams.KindNotSent || !errors.Is(outcome.Err(), ErrClosed) {
		t.Errorf("got %s", outcome)
	}
	if l.Health(t.Context()) == nil {
		t.Error("a closed ledger is healthy")
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for _, path := range []string{"", filepath.Join(t.TempDir(), "missing", "books.db")} {
		if l, err := Open(t.Context(), Options{Path: path}); err == nil {
			_ = l.Close()
			t.Errorf("a ledger was opened at %q", path)
		}
	}
}

func TestPathsWithOddCharacters(t *testing.T) {
	for _, name := range []string{"with blank.db", "per%20cent.db", "ques?tion.db", "ha#sh.db"} {
		path := filepath.Join(t.TempDir(), name)
		l, err := Open(t.Context(), Options{Path: path})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := errors.Join(l.OpenAccount(t.Context(), AccountSpec{Account: "alice", Opening: money.Amount{Currency: "USD"}}), l.Close()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if found, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.db")); len(found) != 1 || found[0] != path {
			t.Errorf("%s: the books are at %q", name, found)
		}
	}
}

func opens(account ams.Account) request {
	return request{done: make(chan error, 1), run: func(b *batch) error {
		_, no, err := b.open(AccountSpec{Account: account, Opening: money.Amount{Currency: "USD"}})
		if no != nil {
			return *no
		}
		return err
	}}
}

func bareWriter(t *testing.T) (*writer, *sql.DB) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(filepath.Join(t.TempDir(), "books.db"), false))
	if err != nil {
		t.Fatal(err)
	}
	if err := migrate(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	w, err := newWriter(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(w.close(), db.Close()) })
	return w, db
}

func count(t *testing.T, w *writer, query string) (n int) {
	t.Helper()
	if err := w.conn.QueryRowContext(context.Background(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

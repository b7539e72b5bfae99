// Package books reads an institution's ledger from its SQLite file and proves its books by themselves: it knows the tables and
// nothing of the code that writes them. The tests that crash payhub, one node or a cluster, judge what became of the money by it.
package books

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // registers the database/sql driver "sqlite"
)

// Books are the rows of one institution's ledger. Amounts are in minor units.
type Books struct {
	Accounts   []Account
	Operations []Operation
	Holds      []Hold
	Entries    []Entry
}

// Account is a row of accounts; Kind is CUSTOMER or INTERNAL.
type Account struct {
	ID, Kind, Currency string
	Balance, Held      int64
}

// Operation is a row of operations; Code is empty for what was carried out. References are TRANSACTION:OPERATION.
type Operation struct {
	Seq                                          int64
	Reference, Operation, Code, Account, Counter string
	Amount                                       int64
	Currency                                     string
}

// Hold is a row of holds; State is HELD, BOOKED or RELEASED.
type Hold struct {
	Reference, Account, State string
	Amount                    int64
}

// Entry is a row of entries: what an operation, named by its Seq, moved on an account.
type Entry struct {
	Account           string
	Operation, Amount int64
}

// Read reads a ledger's file through a copy, so that what a crash left is not touched. The write-ahead log is part of the
// books; its index (-shm) is not, SQLite makes it again.
func Read(ctx context.Context, file, scratch string) (b Books, err error) {
	dir, err := os.MkdirTemp(scratch, "books-")
	if err != nil {
		return b, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "books.db")
	for _, part := range []string{"", "-wal"} {
		content, err := os.ReadFile(file + part)
		if errors.Is(err, fs.ErrNotExist) && part != "" {
			continue
		}
		if err != nil {
			return b, err
		}
		if err := os.WriteFile(name+part, content, 0o600); err != nil {
			return b, err
		}
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: name}).String())
	if err != nil {
		return b, err
	}
	defer db.Close()
	if err := b.read(ctx, db); err != nil {
		return b, fmt.Errorf("read the books %s: %w", file, err)
	}
	return b, nil
}

func (b *Books) read(ctx context.Context, db *sql.DB) error {
	var sound string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
		return fmt.Errorf("the file is damaged: %s %w", sound, err)
	}
	return errors.Join(
		rows(ctx, db, "SELECT id, kind, currency, balance, held FROM accounts ORDER BY id", func(scan func(...any) error) error {
			var a Account
			defer func() { b.Accounts = append(b.Accounts, a) }()
			return scan(&a.ID, &a.Kind, &a.Currency, &a.Balance, &a.Held)
		}),
		rows(ctx, db, "SELECT seq, reference, operation, code, account, target, amount, currency FROM operations ORDER BY seq", func(scan func(...any) error) error {
			var o Operation
			defer func() { b.Operations = append(b.Operations, o) }()
			return scan(&o.Seq, &o.Reference, &o.Operation, &o.Code, &o.Account, &o.Counter, &o.Amount, &o.Currency)
		}),
		rows(ctx, db, "SELECT reference, account, state, amount FROM holds ORDER BY reference", func(scan func(...any) error) error {
			var h Hold
			defer func() { b.Holds = append(b.Holds, h) }()
			return scan(&h.Reference, &h.Account, &h.State, &h.Amount)
		}),
		rows(ctx, db, "SELECT account, operation, amount FROM entries ORDER BY operation, account", func(scan func(...any) error) error {
			var e Entry
			defer func() { b.Entries = append(b.Entries, e) }()
			return scan(&e.Account, &e.Operation, &e.Amount)
		}),
	)
}

// rows calls each for every row of a query.
func rows(ctx context.Context, db *sql.DB, query string, each func(scan func(...any) error) error) error {
	found, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		if err := each(found.Scan); err != nil {
			return err
		}
	}
	return found.Err()
}

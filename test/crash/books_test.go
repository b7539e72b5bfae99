package crash

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

// books are the rows of one institution's ledger, read from its SQLite file. Amounts are in minor units.
type books struct {
	accounts   []account
	operations []operation
	holds      []hold
	entries    []entry
}

// account is a row of accounts.
type account struct {
	id, kind, currency string // kind is CUSTOMER or INTERNAL
	balance, held      int64
}

// operation is a row of operations; code is empty for what was carried out.
type operation struct {
	seq                                     int64
	reference, operation, code, account, of string
	amount                                  int64
	currency                                string
}

// hold is a row of holds; state is HELD, BOOKED or RELEASED.
type hold struct {
	reference, account, state string
	amount                    int64
}

// entry is a row of entries: what an operation moved on an account.
type entry struct {
	account           string
	operation, amount int64
}

// readBooks reads a ledger's file through a copy, so that what a crash left is not touched. The write-ahead log is part of the
// books; its index (-shm) is not, SQLite makes it again.
func readBooks(ctx context.Context, file, scratch string) (b books, err error) {
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

func (b *books) read(ctx context.Context, db *sql.DB) error {
	var sound string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
		return fmt.Errorf("the file is damaged: %s %w", sound, err)
	}
	return errors.Join(
		rows(ctx, db, "SELECT id, kind, currency, balance, held FROM accounts ORDER BY id", func(scan func(...any) error) error {
			var a account
			defer func() { b.accounts = append(b.accounts, a) }()
			return scan(&a.id, &a.kind, &a.currency, &a.balance, &a.held)
		}),
		rows(ctx, db, "SELECT seq, reference, operation, code, account, target, amount, currency FROM operations ORDER BY seq", func(scan func(...any) error) error {
			var o operation
			defer func() { b.operations = append(b.operations, o) }()
			return scan(&o.seq, &o.reference, &o.operation, &o.code, &o.account, &o.of, &o.amount, &o.currency)
		}),
		rows(ctx, db, "SELECT reference, account, state, amount FROM holds ORDER BY reference", func(scan func(...any) error) error {
			var h hold
			defer func() { b.holds = append(b.holds, h) }()
			return scan(&h.reference, &h.account, &h.state, &h.amount)
		}),
		rows(ctx, db, "SELECT account, operation, amount FROM entries ORDER BY operation, account", func(scan func(...any) error) error {
			var e entry
			defer func() { b.entries = append(b.entries, e) }()
			return scan(&e.account, &e.operation, &e.amount)
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

package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// ends is what ended holds: per hold how many operations, and the last of them.
const ends = `SELECT target, count(*) AS n, max(operation) AS operation, max(amount) AS amount, max(reference) AS reference
		FROM operations WHERE code = '' AND operation IN ('book', 'release') AND account <> '' GROUP BY target`

// rules are what true books keep, each as a query that finds what breaks it. They read rows alone and know nothing of the code
// that wrote them.
var rules = []struct{ rule, query string }{
	{"the entries of an operation sum to zero", `
		SELECT o.reference || ' sums to ' || sum(e.amount) FROM operations o JOIN entries e ON e.operation = o.seq
		GROUP BY o.seq HAVING sum(e.amount) <> 0`},
	{"all accounts of a currency sum to zero", `
		SELECT currency || ' sums to ' || sum(balance) FROM accounts GROUP BY currency HAVING sum(balance) <> 0`},
	{"an account's balance is the sum of its entries", `
		SELECT a.id || ' has ' || a.balance || ', its entries sum to ' || coalesce(sum(e.amount), 0)
		FROM accounts a LEFT JOIN entries e ON e.account = a.id GROUP BY a.id HAVING a.balance <> coalesce(sum(e.amount), 0)`},
	{"the balance on each entry is the one before plus its amount", `
		SELECT account || ' after operation ' || operation FROM (
			SELECT account, operation, balance, sum(amount) OVER (PARTITION BY account ORDER BY operation) AS running FROM entries)
		WHERE balance <> running`},
	{"what is held of an account is the sum of its living holds", `
		SELECT a.id || ' has ' || a.held || ' held, its holds sum to ' || coalesce(sum(h.amount), 0)
		FROM accounts a LEFT JOIN holds h ON h.account = a.id AND h.state = 'HELD' GROUP BY a.id HAVING a.held <> coalesce(sum(h.amount), 0)`},
	{"no customer has less than nothing available", `
		SELECT id || ' has ' || balance || ', ' || held || ' of it held' FROM accounts WHERE kind = 'CUSTOMER' AND balance < held`},
	{"no customer's balance was ever below zero", `
		SELECT e.account || ' after operation ' || e.operation || ': ' || e.balance FROM entries e JOIN accounts a ON a.id = e.account
		WHERE a.kind = 'CUSTOMER' AND e.balance < 0`},
	{"an operation that moves money has two entries of its amount, any other none", `
		SELECT o.reference || ' (' || o.operation || ' ' || o.code || ') has ' || count(e.account) || ' entries'
		FROM operations o LEFT JOIN entries e ON e.operation = o.seq AND abs(e.amount) = o.amount
		GROUP BY o.seq HAVING count(e.account) <>
			CASE WHEN o.code = '' AND o.amount > 0 AND o.operation IN ('open', 'book', 'credit', 'reverse') THEN 2 ELSE 0 END`},
	{"every entry belongs to an operation and is of its amount and currency", `
		SELECT e.account || ' operation ' || e.operation FROM entries e
		LEFT JOIN operations o ON o.seq = e.operation LEFT JOIN accounts a ON a.id = e.account
		WHERE o.seq IS NULL OR a.id IS NULL OR abs(e.amount) <> o.amount OR a.currency <> o.currency`},
	{"a hold belongs to an operation that was carried out, and is of its account and amount", `
		SELECT h.reference FROM holds h LEFT JOIN operations o ON o.reference = h.reference
		WHERE o.seq IS NULL OR o.operation <> 'hold' OR o.code <> '' OR o.account <> h.account OR o.amount <> h.amount`},
	{"every hold that was carried out is there", `
		SELECT o.reference FROM operations o LEFT JOIN holds h ON h.reference = o.reference
		WHERE o.operation = 'hold' AND o.code = '' AND h.reference IS NULL`},
	{"a booked hold has exactly its one booking and no release", `
		SELECT h.reference FROM holds h LEFT JOIN (` + ends + `) o ON o.target = h.reference
		WHERE h.state = 'BOOKED' AND (o.n IS NOT 1 OR o.operation <> 'book' OR o.amount <> h.booked OR o.reference <> h.ended_by)`},
	{"a released hold has exactly its one release and no booking", `
		SELECT h.reference FROM holds h LEFT JOIN (` + ends + `) o ON o.target = h.reference
		WHERE h.state = 'RELEASED' AND (o.n IS NOT 1 OR o.operation <> 'release' OR h.booked <> 0 OR o.reference <> h.ended_by)`},
	{"a living hold has no booking and no release", `
		SELECT h.reference || ' by ' || o.reference FROM holds h JOIN (` + ends + `) o ON o.target = h.reference WHERE h.state = 'HELD'`},
	{"a reversal undoes a booking or credit of its amount, once", `
		SELECT r.reference FROM operations r LEFT JOIN operations o ON o.reference = r.target
		WHERE r.operation = 'reverse' AND r.code = '' AND r.account <> ''
		AND (o.seq IS NULL OR o.operation NOT IN ('book', 'credit') OR o.code <> '' OR o.amount <> r.amount OR o.account <> r.account
			OR (SELECT count(*) FROM operations x WHERE x.operation = 'reverse' AND x.code = '' AND x.account <> '' AND x.target = r.target) <> 1)`},
	{"the file is sound", `SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'`},
	{"every row refers to a row that is there", `SELECT "table" || ' refers to a missing ' || parent FROM pragma_foreign_key_check`},
}

// mostFindings bounds how many offenders of one rule are listed.
const mostFindings = 5

// Check proves the books: journals and accounts sum to zero, balances and holds agree with what made them, one booking per hold,
// one reversal per original, the file is sound. The error lists what is wrong. It reads everything: meant for tests, operators and
// the start after a crash, not for every minute.
func (l *Ledger) Check(ctx context.Context) error { return check(ctx, l.reads) }

// CheckFile proves the books at path without writing to them, while their ledger runs or after it has ended.
func CheckFile(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", dsn(path, true))
	if err != nil {
		return fmt.Errorf("check the books at %s: %w", path, err)
	}
	return errors.Join(check(ctx, db), db.Close())
}

func check(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // one snapshot for all rules
	if err != nil {
		return fmt.Errorf("check the books: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	var found []error
	for _, r := range rules {
		if err := findings(ctx, tx, r.rule, r.query); err != nil {
			found = append(found, err)
		}
	}
	return errors.Join(found...)
}

func findings(ctx context.Context, tx *sql.Tx, rule, query string) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("the books could not be checked for %q: %w", rule, err)
	}
	defer func() { _ = rows.Close() }() // rows.Err below has what matters
	var found []error
	for rows.Next() && len(found) < mostFindings {
		var offender string
		if err := rows.Scan(&offender); err != nil {
			return fmt.Errorf("the books could not be checked for %q: %w", rule, err)
		}
		found = append(found, fmt.Errorf("the books are wrong: it does not hold that %s: %s", rule, offender))
	}
	return errors.Join(append(found, rows.Err())...)
}

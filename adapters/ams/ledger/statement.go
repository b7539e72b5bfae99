package ledger

import (
	"context"
	"database/sql"

	"github.com/payhub/payhub/adapters/ams"
	"github.com/payhub/payhub/flows/contract/money"
)

// Limits of a page of a statement.
const (
	usualLines = 100
	mostLines  = 1000
)

// Statement lists a page of an account's entries, the institution's own accounts included.
func (l *Ledger) Statement(ctx context.Context, request ams.StatementRequest) ams.Outcome[ams.Statement] {
	limit := request.Limit
	switch {
	case limit == 0:
		limit = usualLines
	case limit < 0 || limit > mostLines || request.After < 0:
		return ams.Rejected[ams.Statement](ams.CodeInvalidRequest, "statement: limit %d after %d (at most %d lines, after a line number)", request.Limit, request.After, mostLines)
	}
	a, err := l.readAccount(ctx, request.Account)
	if err != nil {
		return ams.NotSent[ams.Statement](err)
	}
	if a == nil {
		return ams.Rejected[ams.Statement](ams.CodeAccountNotFound, "there is no account %q", request.Account)
	}
	lines, err := l.lines(ctx, a, request.After, limit+1)
	if err != nil {
		return ams.NotSent[ams.Statement](err)
	}
	page := ams.Statement{Account: a.id, Lines: lines, More: len(lines) > limit}
	if page.More {
		page.Lines = lines[:limit]
	}
	return ams.Done(page)
}

func (l *Ledger) lines(ctx context.Context, a *account, after int64, limit int) ([]ams.Line, error) {
	return collect(ctx, l.reads, func(rows *sql.Rows) (ams.Line, error) {
		line := ams.Line{Amount: money.Amount{Currency: a.currency()}, Balance: money.Amount{Currency: a.currency()}}
		var at int64
		err := rows.Scan(&line.Sequence, &at, &line.Reference, &line.Operation, &line.Amount.Minor, &line.Balance.Minor)
		line.At = fromMillis(at)
		return line, err
	}, `SELECT o.seq, o.at, o.reference, o.operation, e.amount, e.balance FROM entries e JOIN operations o ON o.seq = e.operation
		WHERE e.account = ? AND e.operation > ? ORDER BY e.operation LIMIT ?`, a.id, after, limit)
}

// collect runs a query and scans each row.
func collect[T any](ctx context.Context, db *sql.DB, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err below has what matters
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

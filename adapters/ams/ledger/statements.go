package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// statements are the writer's statements, prepared once: parsing SQL costs more than running it.
type statements struct {
	begin, end                          *sql.Stmt
	lastSeq                             *sql.Stmt
	account, addAccount, setAccount     *sql.Stmt
	addAlias, aliasOwner                *sql.Stmt
	operation, addOperation, reversalOf *sql.Stmt
	hold, addHold, endHold              *sql.Stmt
	addEntry                            *sql.Stmt
}

func (s *statements) prepare(ctx context.Context, conn *sql.Conn) error {
	for _, p := range []struct {
		into **sql.Stmt
		text string
	}{
		{&s.begin, `BEGIN IMMEDIATE`},
		{&s.end, `COMMIT`},
		{&s.lastSeq, `SELECT coalesce(max(seq), 0) FROM operations`},
		{&s.account, `SELECT kind, holder, currency, standing, balance, held FROM accounts WHERE id = ?`},
		{&s.addAccount, `INSERT INTO accounts (id, kind, holder, currency, standing, balance, held) VALUES (?, ?, ?, ?, 'OPEN', 0, 0)`},
		{&s.setAccount, `UPDATE accounts SET standing = ?, balance = ?, held = ? WHERE id = ?`},
		{&s.addAlias, `INSERT INTO aliases (type, identifier, sub_id, account) VALUES (?, ?, ?, ?)`},
		{&s.aliasOwner, `SELECT account FROM aliases WHERE type = ? AND identifier = ? AND sub_id = ?`},
		{&s.operation, `SELECT seq, operation, body, code, reason, account, amount, currency, target, at FROM operations WHERE reference = ?`},
		{&s.addOperation, `INSERT INTO operations (seq, reference, operation, body, code, reason, account, amount, currency, target, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.reversalOf, `SELECT reference FROM operations WHERE operation = 'reverse' AND code = '' AND account <> '' AND target = ?`},
		{&s.hold, `SELECT account, amount, booked, state, expires, ended_by FROM holds WHERE reference = ?`},
		{&s.addHold, `INSERT INTO holds (reference, account, amount, state, expires) VALUES (?, ?, ?, 'HELD', ?)`},
		{&s.endHold, `UPDATE holds SET state = ?, booked = ?, ended_by = ? WHERE reference = ? AND state = 'HELD'`},
		{&s.addEntry, `INSERT INTO entries (account, operation, amount, balance) VALUES (?, ?, ?, ?)`},
	} {
		stmt, err := conn.PrepareContext(ctx, p.text)
		if err != nil {
			return errors.Join(fmt.Errorf("prepare %q: %w", p.text, err), s.close())
		}
		*p.into = stmt
	}
	return nil
}

func (s *statements) close() error {
	var all error
	for _, stmt := range []*sql.Stmt{
		s.begin, s.end, s.lastSeq, s.account, s.addAccount, s.setAccount, s.addAlias, s.aliasOwner, s.operation, s.addOperation,
		s.reversalOf, s.hold, s.addHold, s.endHold, s.addEntry,
	} {
		if stmt != nil {
			all = errors.Join(all, stmt.Close())
		}
	}
	return all
}

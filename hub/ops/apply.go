package ops

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// ErrBehind means that the store holds later records already: somebody else writes into it.
var ErrBehind = errors.New("operations store: it holds later records already; does another process write into it?")

// Apply writes changes, and how far they go, in one transaction that is on disk when it returns.
func (s *Store) Apply(ctx context.Context, c *Changes) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	w := writer{ctx: ctx, tx: tx, statements: s.statements}
	var have int64
	if err := w.row(s.statements.position, c.Partition).Scan(&have); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if have == c.Progress.Position {
		return nil // an earlier try was committed although its answer was lost
	}
	if have > c.Progress.Position {
		return fmt.Errorf("%w: up to %d, and these end at %d", ErrBehind, have, c.Progress.Position)
	}
	// In the order of keys: neighbours share a page.
	for _, key := range slices.Sorted(maps.Keys(c.Instances)) {
		w.instance(key, c.Instances[key])
	}
	for _, key := range slices.Sorted(maps.Keys(c.Jobs)) {
		w.job(key, c.Jobs[key])
	}
	for _, key := range slices.Sorted(maps.Keys(c.Incidents)) {
		w.incident(key, c.Incidents[key])
	}
	for _, key := range slices.Sorted(maps.Keys(c.Messages)) {
		w.message(key, c.Messages[key])
	}
	for _, key := range slices.Sorted(maps.Keys(c.Payments)) {
		w.payment(key, c.Payments[key])
	}
	w.exec(s.statements.putPosition, c.Partition, c.Progress.Position, c.Progress.Timestamp)
	if w.err != nil {
		return w.err
	}
	return tx.Commit()
}

// writer writes within one transaction; after an error it writes no more.
type writer struct {
	ctx        context.Context
	tx         *sql.Tx
	statements *statements
	err        error
}

func (w *writer) exec(statement *sql.Stmt, args ...any) {
	if w.err == nil {
		_, w.err = w.tx.StmtContext(w.ctx, statement).ExecContext(w.ctx, args...)
	}
}

func (w *writer) row(statement *sql.Stmt, args ...any) *sql.Row {
	return w.tx.StmtContext(w.ctx, statement).QueryRowContext(w.ctx, args...)
}

func (w *writer) instance(key int64, c *InstanceChange) {
	if c.New != nil {
		i := c.New
		w.exec(w.statements.putInstance, key, i.ProcessID, i.Version, i.DefinitionKey, i.ParentKey, c.State, i.StartedAt, c.EndedAt, string(c.Steps))
		return
	}
	if c.State == Active {
		w.exec(w.statements.addSteps, string(c.Steps), key)
		return
	}
	w.exec(w.statements.endInstance, c.State, c.EndedAt, string(c.Steps), key)
}

func (w *writer) job(key int64, j *Job) {
	if j == nil {
		w.exec(w.statements.dropJob, key)
		return
	}
	w.exec(w.statements.putJob, key, j.InstanceKey, j.ProcessID, j.ElementID, j.Type, j.Worker, j.Retries, j.Deadline, j.CreatedAt, j.Error)
}

func (w *writer) incident(key int64, i *Incident) {
	if i.CreatedAt == 0 {
		w.exec(w.statements.resolveIncident, i.ResolvedAt, key)
		return
	}
	w.exec(w.statements.putIncident, key, i.InstanceKey, i.ProcessID, i.ElementID, i.JobKey, i.ErrorType, i.Error, i.CreatedAt, i.ResolvedAt)
}

func (w *writer) message(key int64, m *Message) {
	if m == nil {
		w.exec(w.statements.dropMessage, key)
		return
	}
	w.exec(w.statements.putMessage, key, m.Name, m.CorrelationKey, m.MessageID, m.PublishedAt, m.Deadline)
}

// statements are prepared once: parsing costs more than running them.
type statements struct {
	position, putPosition              *sql.Stmt
	putInstance, addSteps, endInstance *sql.Stmt
	putJob, dropJob                    *sql.Stmt
	putIncident, resolveIncident       *sql.Stmt
	putMessage, dropMessage            *sql.Stmt
	transfer, startedAt, putTransfer   *sql.Stmt
}

// putJob keeps the time of creation that an earlier record told.
const putJob = `INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
	worker = excluded.worker, retries = excluded.retries, deadline = excluded.deadline, error = excluded.error`

func prepare(ctx context.Context, db *sql.DB) (*statements, error) {
	s := &statements{}
	for text, into := range map[string]**sql.Stmt{
		"SELECT position FROM positions WHERE partition = ?":                  &s.position,
		"INSERT OR REPLACE INTO positions VALUES (?, ?, ?)":                   &s.putPosition,
		"INSERT OR REPLACE INTO instances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)": &s.putInstance,
		putJob:                           &s.putJob,
		"DELETE FROM jobs WHERE key = ?": &s.dropJob,
		"INSERT OR REPLACE INTO incidents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)":                                                                                        &s.putIncident,
		"UPDATE incidents SET resolved_at = ? WHERE key = ?":                                                                                                         &s.resolveIncident,
		"INSERT OR REPLACE INTO messages VALUES (?, ?, ?, ?, ?, ?)":                                                                                                  &s.putMessage,
		"DELETE FROM messages WHERE key = ?":                                                                                                                         &s.dropMessage,
		"SELECT facts, started_at, ended_at FROM transfers WHERE instance_key = ?":                                                                                   &s.transfer,
		"SELECT started_at FROM instances WHERE key = ?":                                                                                                             &s.startedAt,
		"INSERT OR REPLACE INTO transfers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)":                                                                      &s.putTransfer,
		fmt.Sprintf("UPDATE instances SET steps = CASE WHEN length(steps) < %d THEN steps || ? ELSE steps END WHERE key = ?", maxStepsText):                          &s.addSteps,
		fmt.Sprintf("UPDATE instances SET state = ?, ended_at = ?, steps = CASE WHEN length(steps) < %d THEN steps || ? ELSE steps END WHERE key = ?", maxStepsText): &s.endInstance,
	} {
		var err error
		if *into, err = db.PrepareContext(ctx, text); err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
	}
	return s, nil
}

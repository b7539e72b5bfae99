package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/payhub/payhub/adapters/ams"
)

// mostPerCommit bounds how many operations share a commit, and with it how long the first of them waits for the last.
const mostPerCommit = 256

// request is one operation on its way to the writer. run decides it on the books; it must not keep anything of the batch, and may
// be run again when its neighbours made the first try fail. done gets nil after the commit.
type request struct {
	run  func(*batch) error
	done chan error
}

// uncertain marks an error after which nobody knows whether the commit is on disk.
type uncertain struct{ error }

// submit has the writer run an operation and waits until it is committed. The queue has no room of its own, so what the writer has
// not taken has provably not been sent.
func submit[T any](ctx context.Context, l *Ledger, run func(*batch) (ams.Outcome[T], error)) ams.Outcome[T] {
	var outcome ams.Outcome[T]
	r := request{done: make(chan error, 1), run: func(b *batch) (err error) {
		outcome, err = run(b)
		return err
	}}
	select {
	case <-l.stop:
		return ams.NotSent[T](ErrClosed)
	default:
	}
	select {
	case l.queue <- r:
	case <-l.stop:
		return ams.NotSent[T](ErrClosed)
	case <-ctx.Done():
		return ams.NotSent[T](context.Cause(ctx))
	}
	select {
	case err := <-r.done:
		var doubt uncertain
		switch {
		case err == nil:
			return outcome
		case errors.As(err, &doubt):
			return ams.Unknown[T](err)
		default:
			return ams.NotSent[T](err)
		}
	case <-ctx.Done():
		return ams.Unknown[T](context.Cause(ctx))
	}
}

// writer is the one connection that writes, with its statements. Only the goroutine of Ledger.write uses it.
type writer struct {
	conn *sql.Conn
	statements
	// failed is the first commit error that leaves the file in doubt. After it nothing is written or acknowledged: what a failed
	// fsync left in the page cache must never be built upon.
	failed error
}

func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{conn: conn}
	if err := w.statements.prepare(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return w, nil
}

func (w *writer) close() error { return errors.Join(w.statements.close(), w.conn.Close()) }

// write is the writer's life: take what is waiting, commit it together, answer.
func (l *Ledger) write(w *writer) {
	defer func() { _ = w.close() }() // read-only by then: every commit has been answered
	batch := make([]request, 0, mostPerCommit)
	for {
		select {
		case r := <-l.queue:
			batch = append(batch[:0], r)
		case <-l.stop:
			return
		}
		for len(batch) < mostPerCommit {
			select {
			case r := <-l.queue:
				batch = append(batch, r)
				continue
			default:
			}
			break
		}
		w.commit(batch, l.now().UTC().Truncate(time.Millisecond))
	}
}

// commit carries out requests in one transaction and answers each. When one of them fails, each is tried again in a transaction of
// its own, so that it fails alone.
func (w *writer) commit(requests []request, now time.Time) {
	err := w.transact(requests, now)
	var doubt uncertain
	if err != nil && len(requests) > 1 && w.failed == nil && !errors.As(err, &doubt) {
		for _, r := range requests {
			r.done <- w.transact([]request{r}, now)
		}
		return
	}
	for _, r := range requests {
		r.done <- err
	}
}

// transact runs requests in one transaction. An error means that none of them has an effect, unless it is uncertain.
func (w *writer) transact(requests []request, now time.Time) error {
	if w.failed != nil {
		return fmt.Errorf("the ledger stopped writing after a failed commit (check the disk, then restart): %w", w.failed)
	}
	ctx := context.Background() // a caller that gives up must not tear its neighbours' transaction
	if _, err := w.begin.ExecContext(ctx); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	b := &batch{ctx: ctx, writer: w, now: now, accounts: make(map[ams.Account]*account)}
	for _, r := range requests {
		if err := r.run(b); err != nil {
			return errors.Join(err, w.undo())
		}
	}
	if err := b.flush(); err != nil {
		return errors.Join(err, w.undo())
	}
	if _, err := w.end.ExecContext(ctx); err != nil {
		err = fmt.Errorf("commit: %w", err)
		undone := w.undo()
		if full := new(sqlite.Error); !errors.As(err, &full) || full.Code()&0xff != sqlite3.SQLITE_FULL || undone != nil {
			w.failed = err
		}
		return uncertain{err}
	}
	return nil
}

// undo ends a transaction that must have no effect. SQLite ends some by itself (a full disk): then there is none to roll back, and
// a new one can begin. A connection that can do neither is not used again.
func (w *writer) undo() error {
	ctx := context.Background()
	_, err := w.conn.ExecContext(ctx, "ROLLBACK")
	if err == nil {
		return nil
	}
	if _, begun := w.begin.ExecContext(ctx); begun == nil {
		_, err = w.conn.ExecContext(ctx, "ROLLBACK")
	}
	if err != nil {
		w.failed = fmt.Errorf("roll back: %w", err)
	}
	return w.failed
}

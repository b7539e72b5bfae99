// Package ledger is payhub's reference account system: a durable double-entry ledger in one SQLite file that keeps every rule of
// the account-system contract. payhub dev runs one per tenant; the conformance kit measures other systems against it.
//
// Every movement is a journal of entries that sums to zero: a customer's account on one side, the institution's clearing account
// of the currency ("clearing:USD", what it owes to or is owed by the scheme) on the other. An answer is given only after the
// commit that holds it has been fsynced; what arrives while a commit is under way goes into the next one together.
package ledger

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // registers the database/sql driver "sqlite"

	"github.com/payhub/payhub/adapters/ams"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options are what a ledger is opened with.
type Options struct {
	// Path is the SQLite file; it is made when it is missing, and migrated. Beside it SQLite keeps PATH-wal and PATH-shm.
	Path string
	// Now is the clock of the books. Nil means time.Now.
	Now func() time.Time
}

// Ledger is one institution's books. It implements ams.System and is safe for concurrent use.
type Ledger struct {
	now    func() time.Time
	writes *sql.DB
	reads  *sql.DB
	queue  chan request
	stop   chan struct{}
	ended  chan struct{}

	closing sync.Once
	closed  error
}

var _ ams.System = (*Ledger)(nil)

// ErrClosed is the cause of the NotSent outcome of everything that is asked of a ledger after Close.
var ErrClosed = errors.New("the ledger is closed (open it again)")

// readers is how many reads run side by side; they do not wait for the writer.
const readers = 4

// Open opens the books at options.Path, creating or migrating them, and starts their writer. The caller closes the ledger.
func Open(ctx context.Context, options Options) (*Ledger, error) {
	if options.Path == "" {
		return nil, errors.New("open ledger: no path (name the SQLite file of the books)")
	}
	l := &Ledger{now: options.Now, queue: make(chan request), stop: make(chan struct{}), ended: make(chan struct{})}
	if l.now == nil {
		l.now = time.Now
	}
	var err error
	if l.writes, err = sql.Open("sqlite", dsn(options.Path, false)); err != nil {
		return nil, fmt.Errorf("open ledger %s: %w", options.Path, err)
	}
	l.writes.SetMaxOpenConns(1)
	w, err := l.prepare(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open ledger %s: %w", options.Path, err), l.writes.Close())
	}
	if l.reads, err = sql.Open("sqlite", dsn(options.Path, true)); err != nil {
		return nil, errors.Join(fmt.Errorf("open ledger %s: %w", options.Path, err), w.close(), l.writes.Close())
	}
	l.reads.SetMaxOpenConns(readers)
	l.reads.SetMaxIdleConns(readers)
	go func() {
		defer close(l.ended)
		l.write(w)
	}()
	return l, nil
}

func (l *Ledger) prepare(ctx context.Context) (*writer, error) {
	if err := migrate(ctx, l.writes); err != nil {
		return nil, err
	}
	return newWriter(ctx, l.writes)
}

// migrate brings the schema to this program's version.
func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the books: %w", err)
	}
	return nil
}

// Close ends the writer after what it has taken is answered, and closes the file. Later operations are NotSent with ErrClosed.
func (l *Ledger) Close() error {
	l.closing.Do(func() {
		close(l.stop)
		<-l.ended
		l.closed = errors.Join(l.reads.Close(), l.writes.Close())
	})
	return l.closed
}

// Capabilities says what the reference ledger can do: everything but fees.
func (l *Ledger) Capabilities() ams.Capabilities {
	return ams.Capabilities{
		NativeHold: true, PartialBook: true, ExpiryVisible: true, StatusByReference: true,
		ReplaysDuplicates: true, Fences: true, Reverse: true,
	}
}

// Health goes the way of a write up to the commit: it fails when the books cannot be written any more.
func (l *Ledger) Health(ctx context.Context) error {
	return submit(ctx, l, func(*batch) (ams.Outcome[struct{}], error) { return ams.Done(struct{}{}), nil }).Err()
}

// dsn is the address of the books for the driver. A commit is in the write-ahead log and fsynced before it returns
// (synchronous=FULL). Foreign keys stay off on the hot path: Check proves them.
func dsn(path string, readOnly bool) string {
	query := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(4000)", "cache_size(-16000)"}}
	if readOnly {
		query["_pragma"] = []string{"busy_timeout(5000)", "query_only(1)"}
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String()
}

// Package ops is the operations store: what happened, in a form to list and search. It is filled
// from the engine's records by exporter/opsstore, some hundred milliseconds behind the log, and
// read by the operations API (/api/v1) and the console. It decides nothing: whether a payment is
// done is read at the engine. The store is SQLite, in one file, for one node.
package ops

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"net/url"
	"sync"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // registers the driver "sqlite", in pure Go
)

//go:embed migrations/*.sql
var migrations embed.FS

// readers is the number of connections that read while one writes.
const readers = 2

// Store is an open operations store. Its methods may be called from several goroutines.
type Store struct {
	write *sql.DB
	read  *sql.DB

	lock       sync.Mutex // one Apply at a time
	statements *statements
}

// Open opens the store in a file, made and brought to this version's schema when necessary.
// Close it.
func Open(ctx context.Context, file string) (*Store, error) {
	write, err := open(file, 1, "synchronous(FULL)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)")
	if err != nil {
		return nil, fmt.Errorf("operations store %s: %w", file, err)
	}
	if err := migrate(ctx, write); err != nil {
		write.Close()
		return nil, fmt.Errorf("operations store %s: %w", file, err)
	}
	read, err := open(file, readers, "query_only(1)")
	if err != nil {
		write.Close()
		return nil, fmt.Errorf("operations store %s: %w", file, err)
	}
	s := &Store{write: write, read: read}
	if s.statements, err = prepare(ctx, write); err != nil {
		s.Close()
		return nil, fmt.Errorf("operations store %s: %w", file, err)
	}
	return s, nil
}

// Close closes the store.
func (s *Store) Close() error {
	err := s.read.Close()
	if failed := s.write.Close(); failed != nil {
		err = failed
	}
	return err
}

// open opens a pool of connections. The log of writes is kept beside the file (WAL), so that
// readers and the writer do not wait for each other.
func open(file string, connections int, pragmas ...string) (*sql.DB, error) {
	query := url.Values{"_pragma": append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "cache_size(-8000)", "temp_store(MEMORY)"}, pragmas...)}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?"+query.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// Progress is how far the store is in a partition.
type Progress struct {
	// Position is the position of the last record that is in the store.
	Position int64
	// Timestamp is when that record came to be, ms since the epoch.
	Timestamp int64
}

// Progress tells how far the store is in a partition; zero before the first record.
func (s *Store) Progress(ctx context.Context, partition int32) (p Progress, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT position, timestamp FROM positions WHERE partition = ?", partition).Scan(&p.Position, &p.Timestamp)
	if err == sql.ErrNoRows {
		err = nil
	}
	return p, err
}

// Package export carries committed records to exporters: one goroutine per exporter reads the
// log's entries in order, hands their records on, and acknowledges through the log how far it
// has come. It runs beside the partition and never holds it up. Delivery is at least once: after
// a crash or a change of leader an exporter sees again what was not acknowledged yet.
package export

import (
	"context"
	"log/slog"

	"github.com/payhub/payhub/engine/record"
)

// Exporter delivers records somewhere. Its methods are called by one goroutine, in this order:
// Configure once, then Open, Export and Flush any number of times, Close. After an error of
// Export or Flush the same call comes again, later each time.
type Exporter interface {
	// Configure takes the settings. An error is a setting that is wrong: it ends the start.
	Configure(Context) error
	// Open connects. An error is retried.
	Open(context.Context) error
	// Export takes one record, in order of position. It may keep it for Flush, but not beyond
	// Close. The record must not be changed.
	Export(context.Context, *record.Record) error
	// Flush makes durable everything exported before. After it, these records are acknowledged
	// and never come again. What it returns is kept in the log with the acknowledgement and is
	// given to the next Configure; nil keeps nothing.
	Flush(context.Context) (metadata []byte, err error)
	// Close gives back what Open took.
	Close() error
}

// Context is what an exporter is told when it is configured.
type Context struct {
	// ID is the exporter's name in the configuration; acknowledgements are kept under it.
	ID string
	// Partition is the partition whose records come.
	Partition int32
	// Settings are the exporter's own, as in the configuration.
	Settings map[string]any
	// Acknowledged is how far an earlier run has come.
	Acknowledged Position
	// Log is where the exporter may write.
	Log *slog.Logger
}

// Position is how far an exporter has come in a partition.
type Position struct {
	// Record is the position of the last record that was delivered, 0 before the first.
	Record int64
	// Index is the log entry that holds it, 0 before the first. Later entries are needed still.
	Index uint64
	// Metadata is what the exporter wanted to keep with it.
	Metadata []byte
}

// Source is the committed log of a partition.
type Source interface {
	// Read calls visit with the committed entries from an index on, in order, until there is
	// none left or visit fails; it gives the index to go on from. Entries below what is kept
	// are an error that says so. An entry without a batch (the log's own) is left out.
	Read(ctx context.Context, from uint64, visit func(index uint64, entry []byte) error) (next uint64, err error)
	// Wait returns when an entry with this index or a later one is committed, or with the
	// context's error.
	Wait(ctx context.Context, index uint64) error
}

// Acknowledge writes a position into the log. It must not return before it is committed.
type Acknowledge func(ctx context.Context, exporter string, p Position) error

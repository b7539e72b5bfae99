package raftlog

import (
	"sync"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/storage"
)

// State keeps the rows of one partition: *storage.Store on disk, *storage.Memory for tests under a
// simulated clock. One goroutine applies; readers on others hold RLocker.
type State interface {
	state.Reader
	// Dir is the folder the state stands in; received states are unpacked beside it.
	Dir() string
	// RLocker is held by readers on other goroutines; no row changes meanwhile.
	RLocker() sync.Locker
	// ApplyNoted writes the rows of the log entry at index, and replaces the note unless it is nil.
	// An index that was applied before is skipped.
	ApplyNoted(index uint64, rows []record.Row, note []byte)
	// Renote replaces the note alone.
	Renote(note []byte)
	// AppliedIndex is the last entry whose rows can be read, FlushedIndex the last one whose rows
	// survive a loss of power.
	AppliedIndex() uint64
	FlushedIndex() uint64
	// Note is the note in force at AppliedIndex.
	Note() []byte
	// Flush makes everything that was applied safe.
	Flush() error
	// Checkpoint makes dir, which must not exist, a copy of everything that was applied.
	Checkpoint(dir string) (index uint64, note []byte, err error)
	// Install replaces everything with the checkpoint in dir, which is moved into place.
	Install(dir string) error
	// Freeze keeps the rows as they are now readable, whatever is applied later.
	Freeze() (storage.Frozen, error)
	// Verify reads a checkpoint whole; an error is damage, which must not be sent to anybody.
	Verify(dir string) error
	// Err is the first error of the disk, nil while there is none.
	Err() error
	// Stats are figures for metrics.
	Stats() storage.Stats
	// Close makes everything safe and closes the state.
	Close() error
}

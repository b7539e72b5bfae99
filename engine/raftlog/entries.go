package raftlog

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/raft"
)

// TruncatedError means that entries an exporter asks for are no longer in the log.
type TruncatedError struct {
	Partition      uint16
	Wanted, Oldest uint64
}

// Error says which entries are missing.
func (e *TruncatedError) Error() string {
	return fmt.Sprintf("raftlog: partition %d: entry %d is no longer in the log, which begins at entry %d",
		e.Partition, e.Wanted, e.Oldest)
}

// Read calls visit with the committed batches from an index on, in order, until there is none left
// or visit fails; next is the index to go on from. 0 and 1 are the beginning. Entries that are
// raft's own, or had no effect, are left out. Errors: *TruncatedError, those of the disk, of the
// context and of visit.
func (r *Replica) Read(ctx context.Context, from uint64, visit func(index uint64, entry []byte) error) (next uint64, err error) {
	for next = max(from, 1); next <= r.store.AppliedIndex(); next++ {
		if err := ctx.Err(); err != nil {
			return next, err
		}
		var l raft.Log
		if err := r.view.Read(next, &l); err != nil {
			if oldest := r.view.Oldest(); errors.Is(err, raft.ErrLogNotFound) {
				err = &TruncatedError{r.config.Partition, next, oldest}
			}
			return next, err
		}
		if l.Type != raft.LogCommand || decidedIn(&l) != l.Term {
			continue
		}
		if err := visit(l.Index, l.Data); err != nil {
			return next, err
		}
	}
	return next, nil
}

// Wait returns when the entry with an index, or a later one, is committed and applied here; or with
// the context's error, or ErrStopped.
func (r *Replica) Wait(ctx context.Context, index uint64) error {
	for {
		changed := r.machine.changed.wait()
		if r.store.AppliedIndex() >= index {
			return nil
		}
		select {
		case <-changed:
		case <-r.stop:
			return ErrStopped
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

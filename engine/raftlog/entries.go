package raftlog

import (
	"context"
	"fmt"

	"github.com/hashicorp/raft"
)

// Entry is a committed batch in the log.
type Entry struct {
	Index uint64
	Data  []byte
}

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

// Entries reads committed batches in order.
type Entries struct {
	r    *Replica
	next uint64
}

// ReadFrom reads the batches from an index on; 0 or 1 is the beginning.
func (r *Replica) ReadFrom(index uint64) *Entries { return &Entries{r, max(index, 1)} }

// Next is the next committed batch; it waits for one. Errors: *TruncatedError, ErrStopped, that of
// the context, or one of the disk.
func (e *Entries) Next(ctx context.Context) (Entry, error) {
	for {
		changed := e.r.machine.changed.wait()
		for e.next <= e.r.store.AppliedIndex() {
			entry, ok, err := e.read()
			if err != nil || ok {
				return entry, err
			}
		}
		if e.r.closed.Load() {
			return Entry{}, ErrStopped
		}
		select {
		case <-changed:
		case <-e.r.stop:
			return Entry{}, ErrStopped
		case <-ctx.Done():
			return Entry{}, ctx.Err()
		}
	}
}

// read reads the entry at next; ok is false for one that is raft's own or had no effect.
func (e *Entries) read() (entry Entry, ok bool, err error) {
	var l raft.Log
	if err := e.r.view.Read(e.next, &l); err != nil {
		if oldest := e.r.view.Oldest(); err == raft.ErrLogNotFound && e.next < oldest {
			return Entry{}, false, &TruncatedError{e.r.config.Partition, e.next, oldest}
		}
		return Entry{}, false, err
	}
	e.next++
	if l.Type != raft.LogCommand || decidedIn(&l) != l.Term {
		return Entry{}, false, nil
	}
	return Entry{l.Index, l.Data}, true, nil
}

package raftlog

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/storage"
)

// scanMark are the extensions of an entry that changes nothing and has every replica compute the
// checksum of its whole state at this entry's index.
const scanMark = "scan"

// scanBurst and scanPause bound what a scan takes of the disk: 50 MB/s.
const (
	scanBurst = 1 << 20
	scanPause = 20 * time.Millisecond
)

// StateSum is the checksum of all rows of a state at a log entry.
type StateSum struct {
	Index uint64
	Rows  int
	Hash  [sha256.Size]byte
}

// Scan has all replicas read every row of their state as of one log entry, whose index it returns,
// and compute the checksum; the leader only. The rows are read in the background, slowly, and
// verified: a replica whose files are damaged stops with that as the reason. Replicas whose
// StateSum for the index differ have diverged.
func (r *Replica) Scan() (index uint64, err error) {
	if err := r.Err(); err != nil {
		return 0, err
	}
	f := r.current().ApplyLog(raft.Log{Extensions: []byte(scanMark)}, 0)
	if err := f.Error(); err != nil {
		return 0, r.explain(err)
	}
	if err, failed := f.Response().(error); failed {
		return 0, err
	}
	return f.Index(), nil
}

// StateSum is the newest checksum that a scan has computed here; ok is false while there is none.
func (r *Replica) StateSum() (sum StateSum, ok bool) {
	if s := r.sum.Load(); s != nil {
		return *s, true
	}
	return sum, false
}

// isScan tells whether an entry asks for a scan.
func isScan(l *raft.Log) bool { return string(l.Extensions) == scanMark }

// scan reads the state as it is now, at an entry, in the background. One that is still under way is
// not disturbed: the checksum for this entry is then missing here.
func (r *Replica) scan(index uint64) {
	if !r.scanning.CompareAndSwap(false, true) {
		return
	}
	frozen, err := r.store.Freeze()
	if err != nil {
		r.scanning.Store(false)
		return // latched, if it is of the disk
	}
	r.running.Add(1)
	go func() {
		defer r.running.Done()
		defer r.scanning.Store(false)
		defer frozen.Close()
		sum, err := r.sumUp(frozen, index)
		switch {
		case err == nil:
			r.sum.Store(&sum)
		case !errors.Is(err, storage.ErrClosed):
			r.node.log.fail(&DamagedError{File: r.store.Dir(), Reason: err.Error(), State: true}) //nolint:errcheck // latched
		}
	}()
}

// sumUp computes the checksum of rows: of each key and value behind their lengths, in order.
func (r *Replica) sumUp(rows storage.Frozen, index uint64) (StateSum, error) {
	h, sum := sha256.New(), StateSum{Index: index}
	var lengths [8]byte
	burst, stopped := 0, false
	err := rows.Visit(func(key, value []byte) bool {
		binary.BigEndian.PutUint32(lengths[:], uint32(len(key)))
		binary.BigEndian.PutUint32(lengths[4:], uint32(len(value)))
		h.Write(lengths[:])
		h.Write(key)
		h.Write(value)
		sum.Rows++
		if burst += len(key) + len(value); burst > scanBurst {
			burst = 0
			select {
			case <-r.stop:
				stopped = true
			case <-time.After(scanPause):
			}
		}
		return !stopped
	})
	if err == nil && stopped {
		err = storage.ErrClosed
	}
	if err != nil {
		return sum, fmt.Errorf("scan of partition %d: %w", r.config.Partition, err)
	}
	h.Sum(sum.Hash[:0])
	return sum, nil
}

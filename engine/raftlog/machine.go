package raftlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

// machine is raft's state machine: it writes the rows of committed batches into the state. It is
// the only place that does.
//
// Each entry carries, as raft's extensions, the term it was decided in. Raft may append an entry in
// a later term than that, when leadership was lost and won again in between; its rows then rest on
// a state that is gone, so it has no effect, on all replicas alike.
type machine struct {
	store State
	view  *PartitionLog
	scan  func(index uint64)

	broken  error                    // of an entry that could not be applied
	pending atomic.Pointer[proposal] // what this replica proposes now
	term    uint64                   // of the note in force
	config  raft.Configuration
	confAt  uint64
	changed signal
	bytes   atomic.Int64 // applied since the last snapshot
}

// proposal lets the leader apply the rows it has instead of decoding them again.
type proposal struct {
	entry []byte
	rows  []record.Row
}

func newMachine(store State, view *PartitionLog, scan func(uint64)) (*machine, error) {
	m := &machine{store: store, view: view, scan: scan}
	return m, m.adopt()
}

// adopt takes over what the store's note says.
func (m *machine) adopt() error {
	n, err := parseNote(m.store.Note())
	if err != nil {
		return err
	}
	m.term, m.config, m.confAt = n.term, n.config, n.confAt
	return nil
}

// Apply writes the rows of a committed batch. The answer is an error or nil.
func (m *machine) Apply(l *raft.Log) any {
	if m.broken != nil { // nothing may be built on a state that lacks an entry
		return m.broken
	}
	if isScan(l) {
		m.pass(l)
		m.scan(l.Index)
		return nil
	}
	var rows []record.Row
	var answer error
	if decidedIn(l) == l.Term {
		var err error
		if rows, err = m.rows(l); err != nil {
			m.broken = m.view.log.fail(fmt.Errorf("entry %d of partition %d cannot be applied: %w", l.Index, m.view.id, err))
			return m.broken
		}
	} else {
		answer = partition.ErrNotLeader
	}
	var note []byte
	if l.Term != m.term {
		m.term = l.Term
		note = m.note()
	}
	m.store.ApplyNoted(l.Index, rows, note)
	m.bytes.Add(int64(len(l.Data)))
	m.changed.notify()
	if err := m.store.Err(); err != nil {
		return err
	}
	if answer != nil {
		return answer
	}
	return nil
}

func (m *machine) rows(l *raft.Log) ([]record.Row, error) {
	if p := m.pending.Load(); p != nil && len(l.Data) > 0 && len(p.entry) > 0 && &p.entry[0] == &l.Data[0] {
		return p.rows, nil
	}
	return record.DecodeRows(l.Data)
}

// decidedIn is the term an entry was decided in.
func decidedIn(l *raft.Log) uint64 {
	if len(l.Extensions) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(l.Extensions)
}

// StoreConfiguration notes a committed change of the members.
func (m *machine) StoreConfiguration(index uint64, c raft.Configuration) {
	if term, ok := m.view.term(index); ok {
		m.term = term
	}
	m.config, m.confAt = c, index
	m.store.ApplyNoted(index, nil, m.note())
	m.changed.notify()
}

// pass takes note of an entry without rows.
func (m *machine) pass(l *raft.Log) {
	m.term = l.Term
	m.store.ApplyNoted(l.Index, nil, m.note())
	m.changed.notify()
}

// Restore replaces the state with one received from another node, and the log with the entries that
// came with it. A crash on the way leaves the old state with its log, or the new one and the file
// from which the log is filled at the next start.
func (m *machine) Restore(from io.ReadCloser) error {
	received := m.store.Dir() + ".received"
	if err := unpack(from, received); err != nil {
		return err
	}
	dir := filepath.Dir(received)
	if err := os.Rename(filepath.Join(received, entriesName), filepath.Join(dir, entriesName)); err != nil {
		return fmt.Errorf("raftlog: the received state: %w", err)
	}
	if err := (Disk{}).SyncDir(dir); err != nil {
		return err
	}
	if err := m.store.Install(received); err != nil {
		return err
	}
	if err := adoptEntries(m.store, m.view, dir); err != nil {
		return m.view.log.fail(fmt.Errorf("take over the entries that came with a state: %w", err))
	}
	m.changed.notify()
	return m.adopt()
}

// Snapshot gives a snapshot of the state as it is: the store itself.
func (m *machine) Snapshot() (raft.FSMSnapshot, error) { return stateSnapshot{m}, nil }

// stateSnapshot is a snapshot that costs no copy: with the state safe on disk up to the snapshot's
// index, raft may forget the log before it.
type stateSnapshot struct{ m *machine }

// Persist makes the state safe up to the sink's index. Entries without rows, such as barriers, may
// have moved raft ahead of the state; the state follows.
func (s stateSnapshot) Persist(sink raft.SnapshotSink) error {
	out := sink.(*sinkFile)
	s.m.bytes.Store(0)
	n := note{term: out.meta.Term, config: out.meta.Configuration, confAt: out.meta.ConfigurationIndex}
	s.m.store.ApplyNoted(out.meta.Index, nil, n.append(nil))
	if err := s.m.store.Flush(); err != nil {
		return err
	}
	if got := s.m.store.FlushedIndex(); got < out.meta.Index {
		return fmt.Errorf("raftlog: the state is safe up to entry %d, the snapshot is of entry %d", got, out.meta.Index)
	}
	return nil
}

// Release has nothing to let go of.
func (stateSnapshot) Release() {}

// note is what raft needs to know about the index of a state: its term and the members.
type note struct {
	term   uint64
	confAt uint64
	config raft.Configuration
}

func (m *machine) note() []byte {
	n := note{m.term, m.confAt, m.config}
	return n.append(nil)
}

const noteVersion = 1

func (n note) append(dst []byte) []byte {
	dst = append(dst, noteVersion)
	dst = binary.BigEndian.AppendUint64(dst, n.term)
	dst = binary.BigEndian.AppendUint64(dst, n.confAt)
	return append(dst, raft.EncodeConfiguration(n.config)...)
}

func parseNote(b []byte) (n note, err error) {
	if len(b) == 0 {
		return n, nil
	}
	if b[0] > noteVersion {
		return n, &NewerFormatError{What: "the state", Found: int(b[0]), Known: noteVersion}
	}
	if len(b) < 17 || b[0] != noteVersion {
		return n, errors.New("raftlog: the note of the state is damaged")
	}
	n.term, n.confAt = binary.BigEndian.Uint64(b[1:]), binary.BigEndian.Uint64(b[9:])
	if rest := bytes.Clone(b[17:]); len(rest) > 0 {
		defer func() {
			if cause := recover(); cause != nil { // raft's decoder panics
				err = fmt.Errorf("raftlog: the members in the note of the state are damaged: %v", cause)
			}
		}()
		n.config = raft.DecodeConfiguration(rest)
	}
	return n, nil
}

// signal wakes those who wait for a change; it costs nothing while nobody waits.
type signal struct {
	waiting atomic.Bool
	mu      sync.Mutex
	ch      chan struct{}
}

// wait is closed at the next change after this call.
func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	s.waiting.Store(true)
	return s.ch
}

func (s *signal) notify() {
	if !s.waiting.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
	s.waiting.Store(false)
}

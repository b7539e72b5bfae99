package raftlog

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/hashicorp/raft"
)

// snapshots is raft's snapshot store. The state on disk is the snapshot: taking one makes the state
// safe, and files are copied (as hard links) and streamed only when a follower asks.
type snapshots struct {
	store State
	view  *PartitionLog
	dir   string // for checkpoints on their way out and streams on their way in

	mu      sync.Mutex
	last    *raft.SnapshotMeta
	arrived *raft.SnapshotMeta // received, and not installed yet
}

const stateID = "state"

// newSnapshots removes what a crash left of earlier transfers.
func newSnapshots(store State, view *PartitionLog, dir string) (*snapshots, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	s := &snapshots{store: store, view: view, dir: dir}
	if index := store.FlushedIndex(); index > 0 {
		n, err := parseNote(store.Note())
		if err != nil {
			return nil, err
		}
		s.last = stateMeta(index, n)
	}
	return s, nil
}

func stateMeta(index uint64, n note) *raft.SnapshotMeta {
	return &raft.SnapshotMeta{
		Version: raft.SnapshotVersionMax, ID: stateID, Index: index, Term: n.term,
		Configuration: n.config, ConfigurationIndex: n.confAt,
	}
}

// Create begins a snapshot, taken here or received from another node.
func (s *snapshots) Create(version raft.SnapshotVersion, index, term uint64, c raft.Configuration,
	confAt uint64, _ raft.Transport,
) (raft.SnapshotSink, error) {
	return &sinkFile{owner: s, meta: raft.SnapshotMeta{
		Version: version, ID: fmt.Sprintf("received-%d-%d", term, index), Index: index, Term: term,
		Configuration: c, ConfigurationIndex: confAt,
	}}, nil
}

// List is the one snapshot there is: the state.
func (s *snapshots) List() ([]*raft.SnapshotMeta, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		return nil, nil
	}
	meta := *s.last
	return []*raft.SnapshotMeta{&meta}, nil
}

// Open gives the state as of now as a stream, or a received stream. What it returns as metadata is
// that of the stream, which may be newer than what was listed.
func (s *snapshots) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	if id != stateID {
		f, err := os.Open(filepath.Join(s.dir, id))
		if err != nil {
			return nil, nil, err
		}
		st, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, nil, err
		}
		return &raft.SnapshotMeta{ID: id, Size: st.Size()}, finishing{f, func() { s.installed(f.Name()) }}, nil
	}
	return s.openState()
}

// openState makes a copy of the state and streams it with the entries that exporters need.
func (s *snapshots) openState() (meta *raft.SnapshotMeta, stream io.ReadCloser, err error) {
	release := s.view.hold(0)
	dir, err := os.MkdirTemp(s.dir, "out-")
	done := func() {
		release()
		os.RemoveAll(dir)
	}
	defer func() {
		if err != nil {
			done()
		}
	}()
	if err != nil {
		return nil, nil, err
	}
	checkpoint := filepath.Join(dir, "state")
	index, noted, err := s.store.Checkpoint(checkpoint)
	if err != nil {
		return nil, nil, err
	}
	if err := s.store.Verify(checkpoint); err != nil {
		return nil, nil, s.view.log.fail(&DamagedError{File: s.store.Dir(), Reason: err.Error(), State: true})
	}
	n, err := parseNote(noted)
	if err != nil {
		return nil, nil, err
	}
	stream, size, err := pack(checkpoint, s.view, index)
	if err != nil {
		return nil, nil, err
	}
	meta = stateMeta(index, n)
	meta.Size = size
	return meta, finishing{stream, done}, nil
}

// finishing does something more once its reader is closed.
type finishing struct {
	io.ReadCloser
	done func()
}

func (f finishing) Close() error {
	err := f.ReadCloser.Close()
	f.done()
	return err
}

// installed takes note that a received state was read. If it stands now, it is the snapshot that this
// node can send on: its log no longer begins at the beginning.
func (s *snapshots) installed(file string) {
	os.Remove(file)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.arrived != nil && s.store.FlushedIndex() >= s.arrived.Index {
		s.last = s.arrived
		s.last.ID = stateID
	}
	s.arrived = nil
}

// sinkFile takes a snapshot. One that is taken here writes nothing; one that is received is kept in
// a file until it is installed.
type sinkFile struct {
	owner *snapshots
	meta  raft.SnapshotMeta
	file  *os.File
}

// ID names the snapshot.
func (k *sinkFile) ID() string { return k.meta.ID }

// Write keeps a part of a received snapshot.
func (k *sinkFile) Write(b []byte) (int, error) {
	if k.file == nil {
		f, err := os.Create(filepath.Join(k.owner.dir, k.meta.ID))
		if err != nil {
			return 0, err
		}
		k.file = f
	}
	return k.file.Write(b)
}

// Close ends the snapshot; from now on it is the one that List shows.
func (k *sinkFile) Close() error {
	k.owner.mu.Lock()
	defer k.owner.mu.Unlock()
	meta := k.meta
	if k.file != nil {
		k.owner.arrived = &meta
		return k.file.Close() // the installed state is made safe, not this file
	}
	meta.ID = stateID
	k.owner.last = &meta
	return nil
}

// Cancel drops the snapshot.
func (k *sinkFile) Cancel() error {
	if k.file == nil {
		return nil
	}
	k.file.Close()
	return os.Remove(k.file.Name())
}

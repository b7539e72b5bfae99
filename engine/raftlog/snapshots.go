package raftlog

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/storage"
)

// snapshots is raft's snapshot store. The state on disk is the snapshot: taking one makes the state
// safe, and files are copied (as hard links) and streamed only when a follower asks.
type snapshots struct {
	store *storage.Store
	dir   string // for checkpoints on their way out and streams on their way in

	mu   sync.Mutex
	last *raft.SnapshotMeta
}

const stateID = "state"

// newSnapshots removes what a crash left of earlier transfers.
func newSnapshots(store *storage.Store, dir string) (*snapshots, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	s := &snapshots{store: store, dir: dir}
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
		return &raft.SnapshotMeta{ID: id, Size: st.Size()}, removing{f, f.Name()}, nil
	}
	dir, err := os.MkdirTemp(s.dir, "out-")
	if err != nil {
		return nil, nil, err
	}
	checkpoint := filepath.Join(dir, "state")
	index, noted, err := s.store.Checkpoint(checkpoint)
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	n, err := parseNote(noted)
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	meta := stateMeta(index, n)
	stream, size, err := pack(checkpoint)
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	meta.Size = size
	return meta, removing{stream, dir}, nil
}

// removing removes files once their reader is closed.
type removing struct {
	io.ReadCloser
	name string
}

func (r removing) Close() error {
	err := r.ReadCloser.Close()
	if e := os.RemoveAll(r.name); err == nil {
		err = e
	}
	return err
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
	if k.file != nil {
		return k.file.Close() // the installed state is made safe, not this file
	}
	k.owner.mu.Lock()
	defer k.owner.mu.Unlock()
	meta := k.meta
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

// A stream of a state is a sequence of files, each as: length of the name 4, length 8, name,
// content, CRC-32C of name and content 4; a name of length 0 ends it.
const packHeader = 12

// pack streams the files of a folder.
func pack(dir string) (io.ReadCloser, int64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, 0, err
	}
	size := int64(packHeader)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, 0, err
		}
		size += packHeader + int64(len(e.Name())) + info.Size() + 4
	}
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriterSize(w, 64<<10)
		for _, e := range entries {
			if err := packFile(out, filepath.Join(dir, e.Name())); err != nil {
				w.CloseWithError(err)
				return
			}
		}
		out.Write(make([]byte, packHeader)) //nolint:errcheck // Flush repeats the error
		w.CloseWithError(out.Flush())
	}()
	return r, size, nil
}

func packFile(out io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	name := filepath.Base(path)
	var h [packHeader]byte
	binary.BigEndian.PutUint32(h[:], uint32(len(name)))
	binary.BigEndian.PutUint64(h[4:], uint64(st.Size()))
	if _, err := out.Write(h[:]); err != nil {
		return err
	}
	sum := crc32.New(castagnoli)
	both := io.MultiWriter(out, sum)
	if _, err := io.WriteString(both, name); err != nil {
		return err
	}
	if _, err := io.CopyN(both, f, st.Size()); err != nil {
		return err
	}
	_, err = out.Write(binary.BigEndian.AppendUint32(nil, sum.Sum32()))
	return err
}

// unpack writes the files of a stream into a new folder and makes them safe.
func unpack(from io.Reader, dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	in := bufio.NewReaderSize(from, 64<<10)
	for {
		done, err := unpackFile(in, dir)
		if err != nil {
			return fmt.Errorf("raftlog: the received state: %w", err)
		}
		if done {
			return Disk{}.SyncDir(dir)
		}
	}
}

func unpackFile(in io.Reader, dir string) (done bool, err error) {
	var h [packHeader]byte
	if _, err := io.ReadFull(in, h[:]); err != nil {
		return false, err
	}
	length, size := binary.BigEndian.Uint32(h[:]), binary.BigEndian.Uint64(h[4:])
	if length == 0 {
		return true, nil
	}
	if length > 255 {
		return false, errors.New("a file name is too long")
	}
	name := make([]byte, length)
	if _, err := io.ReadFull(in, name); err != nil {
		return false, err
	}
	if base := string(name); base != filepath.Base(base) || strings.HasPrefix(base, ".") {
		return false, fmt.Errorf("the file name %q is not allowed", base)
	}
	f, err := os.Create(filepath.Join(dir, string(name)))
	if err != nil {
		return false, err
	}
	defer f.Close()
	sum := crc32.New(castagnoli)
	sum.Write(name)
	if _, err := io.CopyN(io.MultiWriter(f, sum), in, int64(size)); err != nil {
		return false, err
	}
	var want [4]byte
	if _, err := io.ReadFull(in, want[:]); err != nil {
		return false, err
	}
	if sum.Sum32() != binary.BigEndian.Uint32(want[:]) {
		return false, fmt.Errorf("the file %s does not match its checksum", name)
	}
	return false, f.Sync()
}

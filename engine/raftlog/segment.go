package raftlog

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// segment is one file of the log. Its whole length is written before it is used.
type segment struct {
	id   uint64
	name string
	size int64

	mu   sync.RWMutex // held for reading while the file is read, for writing to close it
	file File         // nil once closed

	// newest entry that stands here, per partition; guarded by Log.mu
	newest map[uint16]uint64
}

func segmentName(id uint64) string { return fmt.Sprintf("%016d.log", id) }

// segmentID reads a segment's number out of its file name.
func segmentID(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, ".log")
	if !ok || len(digits) != 16 {
		return 0, false
	}
	id, err := strconv.ParseUint(digits, 10, 64)
	return id, err == nil
}

// readAt reads all of b.
func (s *segment) readAt(b []byte, at int64) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.file == nil {
		return errGone
	}
	_, err := s.file.ReadAt(b, at)
	return err
}

// errGone means that a segment was removed between looking up an entry and reading it.
var errGone = errors.New("raftlog: the segment was removed")

func (s *segment) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return f.Close()
}

// preparer makes the next segment ahead of time, so that a commit never waits for a file to be
// filled. Files that the log no longer needs are used again: nothing has to be written then.
type preparer struct {
	files Files
	dir   string
	size  int64

	mu    sync.Mutex
	spare []string // names of files to use again

	want  chan uint64
	ready chan prepared
	done  chan struct{}
}

type prepared struct {
	seg *segment
	err error
}

// maxSpare bounds the files kept for reuse.
const maxSpare = 2

func newPreparer(files Files, dir string, size int64) *preparer {
	p := &preparer{
		files: files, dir: dir, size: size,
		want: make(chan uint64, 1), ready: make(chan prepared, 1), done: make(chan struct{}),
	}
	go func() {
		defer close(p.done)
		for id := range p.want {
			seg, err := p.make(id)
			p.ready <- prepared{seg, err}
		}
	}()
	return p
}

// make makes an empty segment that is durable with its whole length.
func (p *preparer) make(id uint64) (*segment, error) {
	name := filepath.Join(p.dir, segmentName(id))
	if old := p.takeSpare(); old != "" {
		if err := p.files.Rename(old, name); err != nil {
			return nil, err
		}
	}
	f, err := p.files.Open(name)
	if err != nil {
		return nil, err
	}
	if err := p.fill(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("prepare the log file %s: %w", name, err)
	}
	return &segment{id: id, name: name, size: p.size, file: f, newest: map[uint16]uint64{}}, nil
}

// fill gives a file its length with real blocks: appending to a file that grows costs an fsync
// almost twice as much.
func (p *preparer) fill(f File) error {
	have, err := f.Size()
	if err != nil {
		return err
	}
	zero := make([]byte, 1<<20)
	for at := have; at < p.size; at += int64(len(zero)) {
		if _, err := f.WriteAt(zero[:min(int64(len(zero)), p.size-at)], at); err != nil {
			return err
		}
	}
	if have > p.size {
		if err := f.Truncate(p.size); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return p.files.SyncDir(p.dir)
}

func (p *preparer) takeSpare() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.spare) == 0 {
		return ""
	}
	name := p.spare[len(p.spare)-1]
	p.spare = p.spare[:len(p.spare)-1]
	return name
}

// recycle takes a closed segment's file for reuse, or removes it.
func (p *preparer) recycle(name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.spare) >= maxSpare {
		return p.files.Remove(name)
	}
	to := strings.TrimSuffix(name, ".log") + ".spare"
	if err := p.files.Rename(name, to); err != nil {
		return err
	}
	p.spare = append(p.spare, to)
	return nil
}

func (p *preparer) close() {
	close(p.want)
	<-p.done
	select {
	case r := <-p.ready:
		if r.seg != nil {
			r.seg.close()
		}
	default:
	}
}

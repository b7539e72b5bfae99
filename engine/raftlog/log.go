package raftlog

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Log is the log of a node: the entries of all its partitions in segments on disk.
//
// Whoever writes adds to the group that gathers; the first of a group to find nobody writing writes
// it for all. While one group is on its way to the disk the next one gathers, so that under load
// one fsync serves many partitions, and a lone writer pays for no hand-over.
type Log struct {
	files Files
	dir   string
	fatal func(error)
	prep  *preparer

	pruning sync.Mutex // one removal of segments at a time, oldest first

	mu      sync.Mutex
	turn    sync.Cond // a group was written, or nobody writes any more
	group   *group    // gathers
	spare   *group
	writing bool
	closed  bool

	segs   []*segment // oldest first; the last one is written to
	at     int64      // where the next frame goes in the last segment
	number uint64     // of the next frame
	views  map[uint16]*PartitionLog

	failed  atomic.Pointer[error]
	stats   LogStats
	latency latency
}

// LogStats are figures of a log for metrics; counts are since it was opened.
type LogStats struct {
	// Frames is how many writes, each with its fsync, there were; Records how many records they held.
	Frames, Records uint64
	// Bytes is what was written.
	Bytes uint64
	// Segments is how many files the log has, DiskBytes their size.
	Segments  int
	DiskBytes int64
}

// group is what gathers for one frame.
type group struct {
	buf     []byte // frameHeader bytes, then records
	records int
	entries []placed
	done    bool
	err     error
}

// placed is an entry on its way: where in the frame it stands.
type placed struct {
	view   *PartitionLog
	index  uint64
	term   uint64
	offset int
	size   int

	instead *place // the entry is written again: it stood there
}

// maxKeptGroup bounds the buffer that a group keeps for the next frame.
const maxKeptGroup = 1 << 20

func newGroup() *group { return &group{buf: make([]byte, frameHeader, 4<<10)} }

// add encodes a record; entries are found by their index once the frame is on disk.
func (g *group) add(v *PartitionLog, r *rec) {
	from := len(g.buf)
	g.buf = r.append(g.buf)
	g.records++
	if r.kind == kindEntry || r.kind == kindAgain {
		g.entries = append(g.entries, placed{
			view: v, index: r.index, term: r.term, offset: from, size: recHeader + len(r.data) + len(r.ext),
		})
		v.pending++
	}
}

// commit adds records with encode, which runs under the lock of the log, and returns when they are
// on disk. An error of encode is returned as it is; any other means that nothing will be
// acknowledged any more.
func (l *Log) commit(encode func(*group) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	g := l.group
	before := g.records
	if err := encode(g); err != nil || g.records == before {
		return err
	}
	for !g.done {
		if l.writing {
			l.turn.Wait()
			continue
		}
		l.writeGroup()
	}
	return g.err
}

func (l *Log) usable() error {
	if err := l.Err(); err != nil {
		return err
	}
	if l.closed {
		return ErrStopped
	}
	return nil
}

// writeGroup writes what gathered, without the lock while the disk works.
func (l *Log) writeGroup() {
	g := l.group
	l.group, l.spare = l.spare, nil
	if l.group == nil {
		l.group = newGroup()
	}
	l.writing = true
	seg, err := l.place(g)
	if err == nil {
		at := l.at
		l.latency.begin(time.Now())
		l.mu.Unlock()
		err = l.write(seg, at, g.buf)
		l.mu.Lock()
		l.latency.end(time.Now())
	}
	if err != nil {
		err = l.fail(err)
	} else {
		l.landed(seg, g)
	}
	g.err, g.done, l.writing = err, true, false
	if cap(g.buf) <= maxKeptGroup && l.spare == nil {
		l.spare = &group{buf: g.buf[:frameHeader], entries: g.entries[:0]}
	}
	l.turn.Broadcast()
}

// place finds room for the frame and seals it.
func (l *Log) place(g *group) (*segment, error) {
	seg := l.segs[len(l.segs)-1]
	if l.at > 0 && l.at+int64(len(g.buf)) > seg.size {
		var err error
		if seg, err = l.rotate(g); err != nil {
			return nil, err
		}
	}
	seg.size = max(seg.size, l.at+int64(len(g.buf))) // a frame larger than a whole segment
	sealFrame(g.buf, seg.id, l.number)
	return seg, nil
}

func (l *Log) write(seg *segment, at int64, frame []byte) error {
	if _, err := seg.file.WriteAt(frame, at); err != nil {
		return fmt.Errorf("write to %s: %w", seg.name, err)
	}
	if err := seg.file.Sync(); err != nil {
		return fmt.Errorf("fsync of %s: %w", seg.name, err)
	}
	return nil
}

// landed makes the entries of a frame on disk readable.
func (l *Log) landed(seg *segment, g *group) {
	for i := range g.entries {
		p := &g.entries[i]
		at := place{seg: seg, offset: l.at + int64(p.offset), size: p.size, term: p.term}
		if p.instead != nil {
			p.view.replace(p.index, *p.instead, at)
			continue
		}
		p.view.place(p.index, at)
		p.view.pending--
	}
	l.at += int64(len(g.buf))
	l.number++
	l.stats.Frames++
	l.stats.Records += uint64(g.records)
	l.stats.Bytes += uint64(len(g.buf))
}

// rotate goes on in the next segment. Its first frame says again what only older segments may hold:
// raft's own values and the bounds of each partition; so older ones can be removed.
func (l *Log) rotate(g *group) (*segment, error) {
	next := l.segs[len(l.segs)-1].id + 1
	payload := append([]byte(nil), g.buf[frameHeader:]...)
	head := newGroup()
	for _, id := range l.partitions() {
		v := l.views[id]
		for _, r := range v.carry() {
			head.add(v, &r)
		}
	}
	shift := len(head.buf) - frameHeader
	g.buf = append(head.buf, payload...)
	g.records += head.records
	for i := range g.entries {
		g.entries[i].offset += shift
	}
	made := <-l.prep.ready
	if made.err != nil {
		return nil, fmt.Errorf("the next log file: %w", made.err)
	}
	seg := made.seg
	if seg.id != next {
		return nil, fmt.Errorf("the next log file is number %d, want %d", seg.id, next)
	}
	l.segs = append(l.segs, seg)
	l.at = 0
	l.prep.want <- seg.id + 1
	return seg, nil
}

// Err is the first error of a write or fsync, nil while there is none.
func (l *Log) Err() error {
	if err := l.failed.Load(); err != nil {
		return *err
	}
	return nil
}

func (l *Log) fail(err error) error {
	err = fmt.Errorf("raftlog: %w (nothing is acknowledged any more; check the disk and start again: what was "+
		"acknowledged before is safe)", err)
	if l.failed.CompareAndSwap(nil, &err) {
		go l.fatal(err)
	}
	return l.Err()
}

// Stats reads the figures of the log.
func (l *Log) Stats() LogStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := l.stats
	st.Segments = len(l.segs)
	for _, s := range l.segs {
		st.DiskBytes += s.size
	}
	return st
}

// close waits for the write in progress and closes all files.
func (l *Log) close() error {
	l.mu.Lock()
	l.closed = true
	for l.writing {
		l.turn.Wait()
	}
	l.mu.Unlock()
	l.prep.close()
	var first error
	for _, s := range l.segs {
		if err := s.close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

package raftlog

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// openLog opens the log in dir, or begins one. A frame that a crash tore at the very end is cut
// off; anything else that is not as it was written is a *DamagedError.
func openLog(files Files, dir string, segmentBytes int64, fatal func(error)) (*Log, error) {
	if err := files.MkdirAll(dir); err != nil {
		return nil, fmt.Errorf("raftlog: make the folder of the log: %w", err)
	}
	l := &Log{files: files, dir: dir, fatal: fatal, views: map[uint16]*PartitionLog{}, group: newGroup(), number: 1}
	l.turn.L = &l.mu
	empty, spare, err := l.load()
	if err != nil {
		for _, s := range l.segs {
			s.close()
		}
		return nil, err
	}
	l.prep = newPreparer(files, dir, segmentBytes)
	if err := l.begin(empty, spare); err != nil {
		l.prep.close()
		for _, s := range l.segs {
			s.close()
		}
		return nil, fmt.Errorf("raftlog: begin the log in %s: %w", dir, err)
	}
	return l, nil
}

// load reads all segments. It returns the names of those at the end that hold nothing, and of
// files kept for reuse.
func (l *Log) load() (empty, spare []string, err error) {
	names, err := l.files.List(l.dir)
	if err != nil {
		return nil, nil, fmt.Errorf("raftlog: list the log: %w", err)
	}
	ended := false // a segment without a valid frame at its end was seen
	for _, base := range names {
		name := filepath.Join(l.dir, base)
		if strings.HasSuffix(base, ".spare") {
			spare = append(spare, name)
			continue
		}
		id, ok := segmentID(base)
		if !ok {
			continue
		}
		found, err := l.loadSegment(id, name)
		if err != nil {
			return nil, nil, err
		}
		if !found {
			empty, ended = append(empty, name), true
		} else if ended {
			return nil, nil, &DamagedError{File: name, Reason: "the file before it holds nothing"}
		}
	}
	return empty, spare, nil
}

// loadSegment reads one segment and adds it to the log if it holds a frame.
func (l *Log) loadSegment(id uint64, name string) (found bool, err error) {
	f, err := l.files.Open(name)
	if err != nil {
		return false, fmt.Errorf("raftlog: open the log: %w", err)
	}
	size, err := f.Size()
	if err != nil {
		f.Close()
		return false, fmt.Errorf("raftlog: open the log: %w", err)
	}
	content := make([]byte, size)
	if size > 0 {
		if _, err := f.ReadAt(content, 0); err != nil {
			f.Close()
			return false, fmt.Errorf("raftlog: read %s: %w", name, err)
		}
	}
	seg := &segment{id: id, name: name, size: size, file: f, newest: map[uint16]uint64{}}
	frames, err := l.replay(seg, content)
	if err != nil || frames == 0 {
		f.Close()
		return false, err
	}
	l.segs = append(l.segs, seg)
	return true, nil
}

// replay applies the frames of a segment and leaves l.at behind the last one.
func (l *Log) replay(seg *segment, content []byte) (frames int, err error) {
	at := 0
	for {
		number, payload, ok := parseFrame(content[at:], seg.id)
		if !ok {
			break
		}
		if len(l.segs) == 0 && frames == 0 {
			l.number = number // older segments were removed
		}
		if number != l.number {
			return 0, &DamagedError{
				File: seg.name, Offset: int64(at),
				Reason: fmt.Sprintf("frame %d follows, %d should", number, l.number),
			}
		}
		if err := l.replayFrame(seg, at+frameHeader, payload); err != nil {
			return 0, err
		}
		at += frameHeader + len(payload)
		l.number++
		frames++
	}
	if later := findFrame(content, at, seg.id, l.number); later >= 0 {
		return 0, &DamagedError{
			File: seg.name, Offset: int64(at),
			Reason: fmt.Sprintf("what stands there does not match its checksum, and a later frame at byte %d does", later),
		}
	}
	if frames > 0 {
		l.at = int64(at)
	}
	return frames, nil
}

// findFrame looks for a valid frame of the segment at or behind a place, numbered from number on.
func findFrame(content []byte, at int, segment, number uint64) int {
	for ; at+frameHeader <= len(content); at += 8 {
		if binary.LittleEndian.Uint32(content[at:]) != frameMagic {
			continue
		}
		if n, _, ok := parseFrame(content[at:], segment); ok && n >= number {
			return at
		}
	}
	return -1
}

// replayFrame applies the records of a frame.
func (l *Log) replayFrame(seg *segment, at int, payload []byte) error {
	for len(payload) > 0 {
		r, size, ok := parseRec(payload)
		if !ok {
			return &DamagedError{File: seg.name, Offset: int64(at), Reason: "a record does not match its checksum"}
		}
		v := l.view(r.partition)
		switch r.kind {
		case kindEntry, kindAgain:
			if r.kind == kindAgain && r.index < v.first {
				v.places = nil // where it stood first is gone, while some that followed it there still stand
			}
			if len(v.places) > 0 && (r.index > v.last()+1 || r.index < v.first) {
				return &DamagedError{
					File: seg.name, Offset: int64(at),
					Reason: fmt.Sprintf("entry %d of partition %d follows entry %d", r.index, r.partition, v.last()),
				}
			}
			v.place(r.index, place{
				seg: seg, offset: int64(at), size: recHeader + len(r.data) + len(r.ext), term: r.term,
			})
		case kindCut:
			v.cut(r.index)
		case kindHide:
			v.hide(r.index)
		case kindReset:
			v.reset(r.index)
		case kindStable:
			v.stable[string(r.ext)] = append([]byte(nil), r.data...)
		default:
			return &DamagedError{
				File: seg.name, Offset: int64(at),
				Reason: fmt.Sprintf("a record of kind %d, which this version does not know", r.kind),
			}
		}
		payload, at = payload[size:], at+size
	}
	return nil
}

// begin makes the log ready to be written: files that hold nothing are kept for reuse, and the
// segment to write to and the next one are there.
func (l *Log) begin(empty, spare []string) error {
	for _, name := range empty {
		to := strings.TrimSuffix(name, ".log") + ".spare"
		if err := l.files.Rename(name, to); err != nil {
			return err
		}
		if !slices.Contains(spare, to) {
			spare = append(spare, to)
		}
	}
	for i, name := range spare {
		if i >= maxSpare {
			if err := l.files.Remove(name); err != nil {
				return err
			}
			continue
		}
		l.prep.spare = append(l.prep.spare, name)
	}
	next := uint64(1)
	if len(l.segs) > 0 {
		next = l.segs[len(l.segs)-1].id + 1
	} else {
		seg, err := l.prep.make(next)
		if err != nil {
			return err
		}
		l.segs = append(l.segs, seg)
		next++
	}
	l.prep.want <- next
	return nil
}

// prune removes the oldest segments as far as no partition needs them.
func (l *Log) prune() error {
	l.pruning.Lock()
	defer l.pruning.Unlock()
	l.mu.Lock()
	n := 0
	for n < len(l.segs)-1 && l.unneeded(l.segs[n]) {
		n++
	}
	gone := append([]*segment(nil), l.segs[:n]...)
	l.segs = append([]*segment(nil), l.segs[n:]...)
	for _, seg := range gone {
		for _, id := range l.partitions() {
			l.views[id].forget(seg.newest[id])
		}
	}
	l.mu.Unlock()
	for _, seg := range gone {
		if err := l.remove(seg); err != nil {
			return l.fail(fmt.Errorf("remove %s: %w", seg.name, err))
		}
	}
	return nil
}

// unneeded tells whether every entry in a segment is below what its partition needs.
func (l *Log) unneeded(seg *segment) bool {
	for _, id := range l.partitions() {
		if seg.newest[id] >= l.views[id].needed() {
			return false
		}
	}
	return true
}

// remove gives a segment's file back. The folder is made durable each time, so that after a crash
// only the oldest segments are missing.
func (l *Log) remove(seg *segment) error {
	if err := seg.close(); err != nil {
		return err
	}
	if err := l.prep.recycle(seg.name); err != nil {
		return err
	}
	return l.files.SyncDir(l.dir)
}

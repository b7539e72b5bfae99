package raftlog

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hashicorp/raft"
)

// A state that goes to another node, or into a backup, is accompanied by the entries of the log that
// exporters have not acknowledged, so that whoever leads next can go on exporting.
//
//	file: magic 4 | version 4 | first index 8 | index of the state 8 | checksum of these 4 | 0 4 | records
//
// The records are those of the log, from the first index through the state's, without gaps; there
// are none when the first index is behind the state's.
const (
	entriesName    = "log-entries"
	entriesMagic   = 0x656e7472
	entriesVersion = 1
	entriesHeader  = 32
)

// span is a range of entries; first > last is none.
type span struct{ first, last uint64 }

func (s span) header() []byte {
	h := make([]byte, entriesHeader)
	binary.LittleEndian.PutUint32(h, entriesMagic)
	binary.LittleEndian.PutUint32(h[4:], entriesVersion)
	binary.LittleEndian.PutUint64(h[8:], s.first)
	binary.LittleEndian.PutUint64(h[16:], s.last)
	binary.LittleEndian.PutUint32(h[24:], crc32.Checksum(h[:24], castagnoli))
	return h
}

func parseSpan(h []byte) (s span, err error) {
	if len(h) < entriesHeader || binary.LittleEndian.Uint32(h) != entriesMagic ||
		binary.LittleEndian.Uint32(h[24:]) != crc32.Checksum(h[:24], castagnoli) {
		return s, errors.New("it does not begin as a file of entries does")
	}
	if v := binary.LittleEndian.Uint32(h[4:]); v != entriesVersion {
		return s, &NewerFormatError{What: "the entries that came with a state", Found: int(v), Known: entriesVersion}
	}
	return span{binary.LittleEndian.Uint64(h[8:]), binary.LittleEndian.Uint64(h[16:])}, nil
}

// hold keeps the entries from index on until release is called.
func (v *PartitionLog) hold(index uint64) (release func()) {
	v.log.mu.Lock()
	defer v.log.mu.Unlock()
	h := &hold{index}
	v.holds = append(v.holds, h)
	return func() {
		v.log.mu.Lock()
		defer v.log.mu.Unlock()
		for i := range v.holds {
			if v.holds[i] == h {
				v.holds = append(v.holds[:i], v.holds[i+1:]...)
				return
			}
		}
	}
}

// hold is a reader of entries that must not be removed under it.
type hold struct{ from uint64 }

// unexported is what exporters need of the entries through last, and the size of these as a file.
func (v *PartitionLog) unexported(last uint64) (s span, size int64) {
	v.log.mu.Lock()
	defer v.log.mu.Unlock()
	s = span{max(v.first, min(v.keep, last)+1), last}
	size = entriesHeader
	for i := s.first; i <= s.last && i <= v.last(); i++ {
		size += int64(pad(v.places[i-v.first].size))
	}
	return s, size
}

// writeEntries writes a span of the log as a file. Each entry is verified as it is read.
func (v *PartitionLog) writeEntries(out io.Writer, s span) error {
	if _, err := out.Write(s.header()); err != nil {
		return err
	}
	var buf []byte
	for i := s.first; i <= s.last; i++ {
		var l raft.Log
		if err := v.Read(i, &l); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		r := entryRec(v.id, &l)
		buf = r.append(buf[:0])
		if _, err := out.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

// fillPortion bounds the bytes of entries that are written to the log in one frame.
const fillPortion = 1 << 20

// adopt replaces the partition's entries with those of a file, hidden from raft: the state holds
// them. It does nothing when the log has them already.
func (v *PartitionLog) adopt(in io.Reader, s span) error {
	v.log.mu.Lock()
	there := v.hidden >= s.last && (s.first > s.last || v.first <= s.first)
	v.log.mu.Unlock()
	if there {
		return nil
	}
	if err := v.Reset(min(s.first-1, s.last)); err != nil {
		return err
	}
	buffered := bufio.NewReaderSize(in, 64<<10)
	var batch []*raft.Log
	bytes, next := 0, s.first
	for next <= s.last {
		l, err := readEntry(buffered, v.id, next)
		if err != nil {
			return fmt.Errorf("entry %d: %w", next, err)
		}
		batch, bytes, next = append(batch, l), bytes+len(l.Data), next+1
		if bytes >= fillPortion || next > s.last {
			if err := v.StoreLogs(batch); err != nil {
				return err
			}
			batch, bytes = nil, 0
		}
	}
	err := v.log.commit(func(g *group) error {
		g.add(v, &rec{kind: kindHide, partition: v.id, index: s.last + 1})
		v.hide(s.last + 1)
		return nil
	})
	if err != nil {
		return err
	}
	return v.log.prune()
}

// readEntry reads one record of a file of entries.
func readEntry(in io.Reader, partition uint16, index uint64) (*raft.Log, error) {
	head := make([]byte, recHeader)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, err
	}
	size := recHeader + int(binary.LittleEndian.Uint32(head[4:])) + int(binary.LittleEndian.Uint32(head[8:]))
	if size > maxEntry {
		return nil, fmt.Errorf("it is said to have %d bytes", size)
	}
	b := append(head, make([]byte, pad(size)-recHeader)...)
	if _, err := io.ReadFull(in, b[recHeader:]); err != nil {
		return nil, err
	}
	r, _, ok := parseRec(b)
	if !ok || r.kind != kindEntry || r.index != index || r.partition != partition {
		return nil, errors.New("it does not match its checksum")
	}
	l := &raft.Log{}
	r.fill(l)
	return l, nil
}

// maxEntry bounds the size of one entry that is believed.
const maxEntry = 1 << 30

// adoptEntries ends the arrival of a state that came with entries: once the state stands, the log
// gets them and the file goes. A file that belongs to a state which never came to stand goes too.
func (r *Replica) adoptEntries() error { return adoptEntries(r.store, r.view, r.dir) }

func adoptEntries(store State, view *PartitionLog, dir string) error {
	name := filepath.Join(dir, entriesName)
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, entriesHeader)
	if _, err := io.ReadFull(f, head); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	s, err := parseSpan(head)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if s.last == store.FlushedIndex() {
		if err := view.adopt(f, s); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := os.Remove(name); err != nil {
		return err
	}
	return Disk{}.SyncDir(dir)
}

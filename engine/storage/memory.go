package storage

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/google/btree"

	"github.com/payhub/payhub/engine/record"
)

// MemoryDisk is what survives of the states in memory when they are opened again: what was flushed.
type MemoryDisk struct {
	mu     sync.Mutex
	states map[string]image
}

// NewMemoryDisk makes an empty disk.
func NewMemoryDisk() *MemoryDisk { return &MemoryDisk{states: map[string]image{}} }

// image is the content of a state at a moment.
type image struct {
	index uint64
	note  []byte
	rows  *btree.BTreeG[memoryRow]
}

type memoryRow struct {
	key   string
	value []byte
}

func newImage() image {
	return image{rows: btree.NewG(32, func(a, b memoryRow) bool { return a.key < b.key })}
}

// copy is the image as it is now; neither sees what happens to the other.
func (i image) copy() image {
	i.rows = i.rows.Clone()
	return i
}

// Memory is a state in memory that behaves as a Store does: what was not flushed is gone after a
// crash. It needs no cgo, so that a whole cluster runs under a simulated clock. Checkpoints are
// files, for they travel.
type Memory struct {
	dir  string
	disk *MemoryDisk

	mu     sync.RWMutex // held for writing while rows change
	now    image
	safe   uint64 // index of the last flush
	closed bool
}

// Open opens the state that was flushed under a name, or an empty one. dir is a folder beside which
// checkpoints that arrive are unpacked.
func (d *MemoryDisk) Open(dir string) (*Memory, error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	kept, ok := d.states[dir]
	if !ok {
		kept = newImage()
	}
	return &Memory{dir: dir, disk: d, now: kept.copy(), safe: kept.index}, nil
}

// Erase makes the disk forget a state.
func (d *MemoryDisk) Erase(dir string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.states, dir)
}

// Dir is the folder of the state.
func (m *Memory) Dir() string { return m.dir }

// RLocker is held by readers on other goroutines; no row changes meanwhile.
func (m *Memory) RLocker() sync.Locker { return m.mu.RLocker() }

// Get reads the row of a key.
func (m *Memory) Get(key []byte) ([]byte, bool) {
	row, ok := m.now.rows.Get(memoryRow{key: string(key)})
	return row.value, ok
}

// Scan visits the rows of [from, to) in order until visit returns false; a nil to means to the end.
func (m *Memory) Scan(from, to []byte, visit func(key, value []byte) bool) {
	m.now.rows.AscendGreaterOrEqual(memoryRow{key: string(from)}, func(r memoryRow) bool {
		return (to == nil || r.key < string(to)) && visit([]byte(r.key), r.value)
	})
}

// Apply writes the rows of the log entry at index.
func (m *Memory) Apply(index uint64, rows []record.Row) { m.ApplyNoted(index, rows, nil) }

// ApplyNoted writes the rows of the log entry at index and replaces the note unless it is nil; see
// Store.ApplyNoted.
func (m *Memory) ApplyNoted(index uint64, rows []record.Row, note []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if index <= m.now.index {
		return
	}
	for _, row := range rows {
		if row.Op == record.RowDelete {
			m.now.rows.Delete(memoryRow{key: string(row.Key)})
			continue
		}
		m.now.rows.ReplaceOrInsert(memoryRow{string(row.Key), append([]byte{}, row.Value...)})
	}
	m.now.index = index
	if note != nil {
		m.now.note = append([]byte(nil), note...)
	}
}

// Renote replaces the note alone.
func (m *Memory) Renote(note []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now.note = append([]byte(nil), note...)
}

// AppliedIndex is the index of the last log entry whose rows can be read.
func (m *Memory) AppliedIndex() uint64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.now.index
}

// FlushedIndex is the index of the last log entry that a crash leaves.
func (m *Memory) FlushedIndex() uint64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.safe
}

// Note is the note in force at AppliedIndex.
func (m *Memory) Note() []byte {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.now.note
}

// Flush makes what was applied survive a crash.
func (m *Memory) Flush() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	m.keep()
	return nil
}

func (m *Memory) keep() {
	m.disk.mu.Lock()
	defer m.disk.mu.Unlock()
	m.disk.states[m.dir] = m.now.copy()
	m.safe = m.now.index
}

// Freeze keeps the rows as they are now readable.
func (m *Memory) Freeze() (Frozen, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return frozenMemory{m.now.copy()}, nil
}

type frozenMemory struct{ image }

// Visit implements Frozen.
func (f frozenMemory) Visit(visit func(key, value []byte) bool) error {
	f.rows.Ascend(func(r memoryRow) bool { return visit([]byte(r.key), r.value) })
	return nil
}

// Close implements Frozen.
func (f frozenMemory) Close() {}

// memoryFile is the one file of a checkpoint: index, note, rows, each string behind its length.
const memoryFile = "rows"

// Checkpoint writes everything that was applied into a new folder.
func (m *Memory) Checkpoint(dir string) (index uint64, note []byte, err error) {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return 0, nil, ErrClosed
	}
	m.keep()
	kept := m.now.copy()
	m.mu.Unlock()
	if err := os.Mkdir(dir, 0o755); err != nil {
		return 0, nil, err
	}
	out := binary.BigEndian.AppendUint64(nil, kept.index)
	out = appendBytes(out, kept.note)
	kept.rows.Ascend(func(r memoryRow) bool {
		out = appendBytes(appendBytes(out, []byte(r.key)), r.value)
		return true
	})
	return kept.index, kept.note, os.WriteFile(filepath.Join(dir, memoryFile), out, 0o644)
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// Install replaces everything with the checkpoint in dir, which is removed.
func (m *Memory) Install(dir string) error {
	f, err := os.Open(filepath.Join(dir, memoryFile))
	if err != nil {
		return err
	}
	defer f.Close()
	made, err := readImage(bufio.NewReader(f))
	if err != nil {
		return fmt.Errorf("storage: the checkpoint in %s: %w", dir, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = made
	m.keep()
	return os.RemoveAll(dir)
}

func readImage(in *bufio.Reader) (image, error) {
	made := newImage()
	if err := binary.Read(in, binary.BigEndian, &made.index); err != nil {
		return made, err
	}
	var err error
	if made.note, err = readBytes(in); err != nil {
		return made, err
	}
	for {
		key, err := readBytes(in)
		if errors.Is(err, io.EOF) {
			return made, nil
		}
		var value []byte
		if err == nil {
			value, err = readBytes(in)
		}
		if err != nil {
			return made, err
		}
		made.rows.ReplaceOrInsert(memoryRow{string(key), value})
	}
}

func readBytes(in *bufio.Reader) ([]byte, error) {
	n, err := binary.ReadUvarint(in)
	if err != nil {
		return nil, err
	}
	if n > maxMemoryBytes {
		return nil, fmt.Errorf("a string of %d bytes", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(in, b); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	return b, nil
}

// maxMemoryBytes bounds a string of a checkpoint that is believed.
const maxMemoryBytes = 1 << 28

// Verify has nothing to find: a checkpoint that cannot be read is refused by Install.
func (m *Memory) Verify(string) error { return nil }

// Err is nil: memory does not fail.
func (m *Memory) Err() error { return nil }

// Stats are the figures of the state.
func (m *Memory) Stats() Stats {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return Stats{Applied: m.now.index, Flushed: m.safe, LayerRows: m.now.rows.Len()}
}

// Crash closes the state without making anything safe.
func (m *Memory) Crash() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
}

// Close makes everything safe and closes the state.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	m.keep()
	m.closed = true
	return nil
}

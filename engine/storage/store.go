// Package storage keeps the state of one partition in RocksDB, behind a write-back layer in Go.
//
// The raft log makes rows durable, so nothing here has to be: rows gather in Go maps and reach
// RocksDB about once a second in one batch that also holds the index of the last log entry in it.
// What is created and deleted between two such flushes never reaches RocksDB. RocksDB's own log is
// off, therefore what it holds is safe only after its memtable is written: FlushedIndex says up to
// where that is, and the log must be kept from there on.
//
// It is the only package of payhub that needs cgo (through grocksdb). The build tag
// grocksdb_clean_link links RocksDB alone, for a library that was built without compressors.
package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/payhub/payhub/engine/record"
)

// Options are the settings of a store; zero values take the defaults named at each field.
type Options struct {
	// FlushInterval is how long a row waits in memory at most before RocksDB gets it; 1 s.
	FlushInterval time.Duration
	// DurableInterval is how often, while rows arrive, RocksDB's memtable is written to disk; it
	// bounds what a restart replays. 5 s.
	DurableInterval time.Duration
	// LayerBytes bounds the rows that wait in memory: a layer that holds this much is flushed at
	// once. 8 MiB. Short-lived rows may take four times as much until the next flush.
	LayerBytes int
	// BlockCacheBytes bounds RocksDB's cache of blocks, index and filters; 32 MiB.
	BlockCacheBytes int
	// MemtableBytes bounds one memtable of RocksDB, of which it may have two; 16 MiB.
	MemtableBytes int
	// Ordered tells whether a table (the first byte of a key) is ever scanned; every
	// table, which is right but slower than state.Ordered.
	Ordered func(table byte) bool
	// Fatal is called once, with the first error of the disk; the process should end then.
	Fatal func(error)
}

func (o *Options) setDefaults() {
	if o.FlushInterval <= 0 {
		o.FlushInterval = time.Second
	}
	if o.DurableInterval <= 0 {
		o.DurableInterval = 5 * time.Second
	}
	if o.LayerBytes <= 0 {
		o.LayerBytes = 8 << 20
	}
	if o.BlockCacheBytes <= 0 {
		o.BlockCacheBytes = 32 << 20
	}
	if o.MemtableBytes <= 0 {
		o.MemtableBytes = 16 << 20
	}
	if o.Ordered == nil {
		o.Ordered = func(byte) bool { return true }
	}
	if o.Fatal == nil {
		o.Fatal = func(error) {}
	}
}

// Reserved is a table that belongs to the store itself: rows of it are refused, scans never show it.
const Reserved byte = 0xff

// ErrClosed is the error of a store that was closed.
var ErrClosed = errors.New("storage: the store is closed")

// Store is the state of one partition. It is a state.Reader.
//
// One goroutine applies. Readers on other goroutines hold RLocker while they read; the flush in
// the background needs no care.
type Store struct {
	dir  string
	opts Options

	readers sync.RWMutex           // held for writing while rows are applied
	layers  atomic.Pointer[layers] // replaced as a whole; only the dirty layer changes in place
	applied atomic.Uint64

	mu      sync.Mutex // guards the dirty layer against being frozen while rows are applied
	room    sync.Cond  // signalled when a frozen layer has been written
	durable atomic.Uint64
	note    atomic.Pointer[[]byte] // the note that is in force at applied

	db       *rocks
	flushing sync.Mutex // one flush, checkpoint or install at a time
	batch    []byte
	renoted  bool      // a note without an entry of its own waits to be safe; guarded by mu
	written  uint64    // index in RocksDB, memtable included
	safeAt   time.Time // when the memtable was last written to disk

	failed atomic.Pointer[error]
	closed atomic.Bool
	wake   chan struct{} // rows arrived in an empty layer, or the layer is full
	quit   chan struct{}
	done   chan struct{}
}

// layers are what lies over RocksDB, newest first. Once clean, RocksDB holds what frozen holds, and
// it only serves as a cache of the newest rows.
type layers struct {
	dirty  *layer
	frozen *layer
	clean  bool
	highs  *highs
}

// highs are the highest keys that RocksDB may hold, per table. Keys grow with time, so that what was
// just created, and what never was, is known to be missing there without asking.
type highs [256]string

// above tells whether RocksDB surely holds no key from this one on in its table.
func (h *highs) above(key []byte) bool { return len(key) > 0 && h[key[0]] < text(key) }

// with are the highs after a layer has been written.
func (h *highs) with(l *layer) *highs {
	next := *h
	for key, c := range l.cells {
		if c.state != deleted && next[key[0]] < key {
			next[key[0]] = key
		}
	}
	for table, key := range next {
		next[table] = strings.Clone(key) // a layer's memory must not live on because of it
	}
	return &next
}

// Open opens or creates the store in dir. After a crash it holds the state at FlushedIndex, and the
// caller applies the log from there on.
func Open(dir string, opts Options) (*Store, error) {
	opts.setDefaults()
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, fmt.Errorf("storage: create the folder of %s: %w", dir, err)
	}
	s := &Store{
		dir: dir, opts: opts,
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	s.room.L = &s.mu
	if err := settleInstall(dir); err != nil {
		return nil, fmt.Errorf("storage: end the install of a snapshot in %s: %w", dir, err)
	}
	if err := s.openRocks(); err != nil {
		return nil, err
	}
	go s.flushLoop()
	return s, nil
}

// openRocks opens the database and takes its applied index as the point to go on from.
func (s *Store) openRocks() error {
	db, err := openRocks(s.dir, s.opts)
	if err != nil {
		return err
	}
	index, note, err := db.mark()
	if err != nil {
		db.close()
		return err
	}
	s.db = db
	s.written, s.safeAt = index, time.Now()
	s.applied.Store(index)
	s.durable.Store(index)
	s.note.Store(&note)
	s.layers.Store(&layers{dirty: newLayer(0), highs: db.highs()})
	return nil
}

// Dir is the folder of the store.
func (s *Store) Dir() string { return s.dir }

// RLocker is held by a reader that does not run on the goroutine that applies: while it is held
// no row changes.
func (s *Store) RLocker() sync.Locker { return s.readers.RLocker() }

// Apply writes the rows of the log entry at index. An index that was applied before is skipped, so
// replaying a log is safe. The rows' bytes are copied.
func (s *Store) Apply(index uint64, rows []record.Row) { s.ApplyNoted(index, rows, nil) }

// ApplyNoted is Apply that also replaces the note: bytes that are always stored together with the
// index they were given with or a later one. A nil note keeps the one there is.
func (s *Store) ApplyNoted(index uint64, rows []record.Row, note []byte) {
	s.mu.Lock()
	for s.crowded() {
		s.room.Wait()
	}
	if index <= s.applied.Load() {
		s.mu.Unlock()
		return
	}
	s.readers.Lock()
	dirty := s.layers.Load().dirty
	fresh := dirty.index == 0
	for i := range rows {
		dirty.apply(&rows[i], s.opts.Ordered)
	}
	dirty.index = index
	if note != nil {
		kept := append([]byte(nil), note...)
		s.note.Store(&kept)
	}
	dirty.note = *s.note.Load()
	s.applied.Store(index)
	s.readers.Unlock()
	full := s.full(dirty)
	s.mu.Unlock()
	if fresh || full {
		s.wakeUp()
	}
}

// Renote replaces the note alone, as of AppliedIndex, which is above 0. It is safe after the next Flush.
func (s *Store) Renote(note []byte) {
	s.mu.Lock()
	kept := append([]byte(nil), note...)
	s.note.Store(&kept)
	dirty := s.layers.Load().dirty
	dirty.index, dirty.note = s.applied.Load(), kept
	s.renoted = true
	s.mu.Unlock()
	s.wakeUp()
}

func (s *Store) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// full tells whether a layer should be flushed without waiting for its time.
func (s *Store) full(l *layer) bool {
	return l.live >= s.opts.LayerBytes || l.arena.size >= 4*s.opts.LayerBytes
}

// crowded tells whether applying must wait for a flush, which bounds memory.
func (s *Store) crowded() bool {
	l := s.layers.Load()
	if !s.full(l.dirty) || s.Err() != nil || s.closed.Load() {
		return false
	}
	busy := l.frozen != nil && !l.clean
	return busy || l.dirty.live >= 2*s.opts.LayerBytes
}

// AppliedIndex is the index of the last log entry whose rows can be read.
func (s *Store) AppliedIndex() uint64 { return s.applied.Load() }

// FlushedIndex is the index of the last log entry whose rows survive a loss of power: where the
// store goes on after a restart. The log must be kept behind it.
func (s *Store) FlushedIndex() uint64 { return s.durable.Load() }

// Note is the note in force at AppliedIndex; do not change it.
func (s *Store) Note() []byte { return *s.note.Load() }

// Err is the first error of the disk, nil while there is none. After one, nothing is written any
// more and what is read may be wrong: nothing must be acknowledged.
func (s *Store) Err() error {
	if err := s.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// fail latches the first error and tells the owner of the process.
func (s *Store) fail(what string, err error) error {
	err = fmt.Errorf("storage: %s in %s: %w (the state on disk cannot be trusted to be complete; "+
		"restart after checking the disk, the log replays what is missing)", what, s.dir, err)
	if s.failed.CompareAndSwap(nil, &err) {
		s.room.Broadcast()
		s.opts.Fatal(err)
	}
	return s.Err()
}

// Close flushes everything and closes the database. It returns the first error of the disk, if
// there was one.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return ErrClosed
	}
	close(s.quit)
	<-s.done
	s.mu.Lock()
	s.room.Broadcast()
	s.mu.Unlock()
	err := s.flush(true)
	s.flushing.Lock()
	defer s.flushing.Unlock()
	s.db.close()
	return err
}

// Stats are figures of a store for metrics.
type Stats struct {
	// Applied and Flushed are AppliedIndex and FlushedIndex.
	Applied, Flushed uint64
	// LayerRows and LayerBytes are what waits in memory for the next flush.
	LayerRows, LayerBytes int
	// DiskBytes is the size of RocksDB's files, MemoryBytes what its memtables and cache take.
	DiskBytes, MemoryBytes uint64
}

// Stats reads the figures of the store.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	dirty := s.layers.Load().dirty
	st := Stats{
		Applied: s.applied.Load(), Flushed: s.durable.Load(),
		LayerRows: len(dirty.cells), LayerBytes: dirty.live,
	}
	s.mu.Unlock()
	s.flushing.Lock()
	defer s.flushing.Unlock()
	if !s.closed.Load() {
		st.DiskBytes, st.MemoryBytes = s.db.sizes()
	}
	return st
}

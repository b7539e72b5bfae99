package storage

import (
	"fmt"
	"sync"

	"github.com/linxGnu/grocksdb"
)

// Frozen are the rows of a state as they were at one log entry. It must be closed.
type Frozen interface {
	// Visit calls visit with every row in the order of their keys, those of Reserved left out, until
	// it returns false. Key and value are valid during the visit only. Damage of a file is an error;
	// ErrClosed means that the rows were given up, because the state was replaced or closed.
	Visit(visit func(key, value []byte) bool) error
	// Close lets go of the rows.
	Close()
}

// frozenRocks is an iterator of RocksDB, which sees the rows as they were when it was made. It is
// given up when the database is closed.
type frozenRocks struct {
	store *Store
	db    *rocks
	mu    sync.Mutex
	opts  *grocksdb.ReadOptions
	it    *grocksdb.Iterator // nil once closed
}

// visitPortion is how many rows are visited at a time; in between the rows may be given up.
const visitPortion = 512

// Freeze keeps the rows as of AppliedIndex readable, whatever is applied later. The caller is the
// goroutine that applies.
func (s *Store) Freeze() (Frozen, error) {
	if s.closed.Load() {
		return nil, ErrClosed
	}
	s.flushing.Lock()
	defer s.flushing.Unlock()
	if err := s.flushLocked(false); err != nil {
		return nil, err
	}
	f := &frozenRocks{store: s, db: s.db, opts: grocksdb.NewDefaultReadOptions()}
	f.opts.SetVerifyChecksums(true)
	f.opts.SetFillCache(false)
	f.it = s.db.db.NewIterator(f.opts)
	f.it.SeekToFirst()
	s.db.frozen[f] = true
	return f, nil
}

// Visit implements Frozen.
func (f *frozenRocks) Visit(visit func(key, value []byte) bool) error {
	for {
		more, err := f.portion(visit)
		if err != nil || !more {
			return err
		}
	}
}

func (f *frozenRocks) portion(visit func(key, value []byte) bool) (more bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.it == nil {
		return false, ErrClosed
	}
	for range visitPortion {
		if !f.it.Valid() {
			if err := f.it.Err(); err != nil {
				return false, fmt.Errorf("storage: read all rows of %s: %w", f.store.dir, err)
			}
			return false, nil
		}
		k, v := f.it.Key(), f.it.Value()
		own := len(k.Data()) > 0 && k.Data()[0] == Reserved
		on := own || visit(k.Data(), v.Data())
		k.Free()
		v.Free()
		if !on {
			return false, nil
		}
		f.it.Next()
	}
	return true, nil
}

// Close implements Frozen.
func (f *frozenRocks) Close() {
	f.store.flushing.Lock()
	defer f.store.flushing.Unlock()
	f.giveUp()
}

// giveUp ends the iterator; the store's flushing is held.
func (f *frozenRocks) giveUp() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.it == nil {
		return
	}
	f.it.Close()
	f.opts.Destroy()
	f.it = nil
	delete(f.db.frozen, f)
}

package storage

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/linxGnu/grocksdb"
)

// Checkpoint makes dir, which must not exist, a copy of the store out of hard links on the same
// disk. It holds everything that was applied when it was called; index and note are those of the
// copy. The copy can be opened as a store, installed in another, or sent as files.
func (s *Store) Checkpoint(dir string) (index uint64, note []byte, err error) {
	if s.closed.Load() {
		return 0, nil, ErrClosed
	}
	s.flushing.Lock()
	defer s.flushing.Unlock()
	if err := s.flushLocked(true); err != nil {
		return 0, nil, err
	}
	index, note, err = s.db.mark()
	if err != nil {
		return 0, nil, err
	}
	if err := s.db.checkpoint(dir); err != nil {
		return 0, nil, fmt.Errorf("storage: make a checkpoint in %s: %w", dir, err)
	}
	return index, note, nil
}

// Verify reads every row of the checkpoint in dir from its files, against their checksums. An error
// means that the state is damaged on the disk.
func (s *Store) Verify(dir string) error {
	opts := grocksdb.NewDefaultOptions()
	defer opts.Destroy()
	db, err := grocksdb.OpenDbForReadOnly(opts, dir, false)
	if err != nil {
		return fmt.Errorf("storage: open the copy of %s: %w", s.dir, err)
	}
	defer db.Close()
	read := grocksdb.NewDefaultReadOptions()
	defer read.Destroy()
	read.SetVerifyChecksums(true)
	read.SetFillCache(false)
	it := db.NewIterator(read)
	defer it.Close()
	for it.SeekToFirst(); it.Valid(); it.Next() {
		continue
	}
	if err := it.Err(); err != nil {
		return fmt.Errorf("storage: read all rows of the copy of %s: %w", s.dir, err)
	}
	return nil
}

// Install replaces the whole state with the checkpoint in dir, which is moved into place. A crash
// in the middle leaves either the old state or the new one, never a mixture: the old one is removed
// only after the new one stands at its place.
func (s *Store) Install(dir string) error {
	s.flushing.Lock()
	defer s.flushing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readers.Lock()
	defer s.readers.Unlock()
	if err := s.Err(); err != nil {
		return err
	}
	s.db.close()
	old := s.dir + ".old"
	steps := []struct {
		what string
		do   func() error
	}{
		{"remove what an earlier install left", func() error { return os.RemoveAll(old) }},
		{"move the old state away", func() error { return os.Rename(s.dir, old) }},
		{"move the new state in", func() error { return os.Rename(dir, s.dir) }},
		{"make it safe", func() error { return syncDir(filepath.Dir(s.dir)) }},
		{"open it", s.openRocks},
		{"remove the old state", func() error { return os.RemoveAll(old) }},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			return s.fail("install a snapshot: "+step.what, err)
		}
	}
	return nil
}

// settleInstall ends an install that a crash cut off between its two renames.
func settleInstall(dir string) error {
	old := dir + ".old"
	if _, err := os.Stat(old); os.IsNotExist(err) {
		return nil
	}
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		return os.Rename(old, dir)
	}
	return os.RemoveAll(old)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

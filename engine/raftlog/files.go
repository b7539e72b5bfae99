package raftlog

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"sort"
	"syscall"
)

// Files is the file system under the log, replaced in tests by one that loses and tears writes.
type Files interface {
	// MkdirAll makes a folder and those above it.
	MkdirAll(dir string) error
	// List is the names in a folder, sorted.
	List(dir string) ([]string, error)
	// Open opens a file for reading and writing, and creates it if there is none.
	Open(name string) (File, error)
	// Rename replaces the file at to.
	Rename(from, to string) error
	// Remove removes a file.
	Remove(name string) error
	// SyncDir makes names created, renamed and removed in a folder durable.
	SyncDir(dir string) error
	// Free is the space in bytes that is left to the process on the disk of dir.
	Free(dir string) (uint64, error)
}

// File is an open file of the log.
type File interface {
	io.ReaderAt
	io.WriterAt
	// Sync makes all writes so far durable.
	Sync() error
	// Size is the length in bytes.
	Size() (int64, error)
	// Truncate sets the length.
	Truncate(size int64) error
	// Close closes the file.
	Close() error
}

// Disk is the real file system.
type Disk struct{}

// MkdirAll makes a folder and those above it.
func (Disk) MkdirAll(dir string) error { return os.MkdirAll(dir, 0o755) }

// List is the names in a folder, sorted.
func (Disk) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	sort.Strings(names)
	return names, nil
}

// Open opens a file for reading and writing, and creates it if there is none.
func (Disk) Open(name string) (File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

// Rename replaces the file at to.
func (Disk) Rename(from, to string) error { return os.Rename(from, to) }

// Remove removes a file.
func (Disk) Remove(name string) error { return os.Remove(name) }

// SyncDir makes names created, renamed and removed in a folder durable.
func (Disk) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Free is the space in bytes that is left to the process on the disk of dir.
func (Disk) Free(dir string) (uint64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	return st.Bavail * uint64(st.Bsize), nil
}

type diskFile struct{ *os.File }

func (f diskFile) Sync() error { return datasync(f.File) }

func (f diskFile) Size() (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}

// lockFile takes the lock that keeps a second process out of a data folder. The system lets go of
// it when the process ends, however it ends.
func lockFile(data string) (*os.File, error) {
	name := filepath.Join(data, "LOCK")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &InUseError{Dir: data}
		}
		return nil, &os.PathError{Op: "flock", Path: name, Err: err}
	}
	return f, nil
}

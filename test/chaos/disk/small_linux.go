package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Small is a small disk of its own.
type Small struct {
	// Folder is where it is.
	Folder string
}

// Mount makes a disk of so many bytes in a folder, which must exist. It needs root.
func Mount(folder string, size int64) (*Small, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("a small disk needs root to be mounted")
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		return nil, fmt.Errorf("a small disk cannot be mounted here: %w", err)
	}
	return &Small{folder}, nil
}

// Unmount takes the disk away.
func (s *Small) Unmount() error { return syscall.Unmount(s.Folder, syscall.MNT_DETACH) }

func (s *Small) filler() string { return filepath.Join(s.Folder, "filler") }

// Fill fills the disk until so many bytes are left.
func (s *Small) Fill(left int64) error {
	f, err := os.Create(s.filler())
	if err != nil {
		return err
	}
	defer f.Close()
	for block := make([]byte, 1<<20); ; {
		free, err := s.Free()
		if err != nil || free <= left {
			return err
		}
		if _, err := f.Write(block[:min(int64(len(block)), free-left)]); err != nil && !errors.Is(err, syscall.ENOSPC) {
			return err
		}
	}
}

// Clear makes room again.
func (s *Small) Clear() error { return os.Remove(s.filler()) }

// Free is how many bytes are left.
func (s *Small) Free() (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(s.Folder, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * st.Bsize, nil
}

package raftlog

import (
	"os"
	"syscall"
)

// datasync makes the content of a file durable. Segments are written in full before they are used,
// so their length never changes and the inode need not be written with each commit.
func datasync(f *os.File) error {
	for {
		if err := syscall.Fdatasync(int(f.Fd())); err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}

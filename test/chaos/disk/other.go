//go:build !linux

// Package disk harms the disks of processes. It can do so on Linux alone.
package disk

import "errors"

var errLinux = errors.New("disks are harmed on Linux alone")

// Injection is for Linux alone.
type Injection struct{}

// InjectionMissing says what is missing here for injections.
func InjectionMissing() error { return errLinux }

// Syncs are the system calls that make what was written last.
const Syncs = "fsync,fdatasync"

// Inject is for Linux alone.
func Inject(int, string, string) (*Injection, error) { return nil, errLinux }

// End takes the harm away.
func (*Injection) End() error { return errLinux }

// Small is for Linux alone.
type Small struct{ Folder string }

// Mount is for Linux alone.
func Mount(string, int64) (*Small, error) { return nil, errLinux }

// Unmount takes the disk away.
func (*Small) Unmount() error { return errLinux }

// Fill fills the disk until so many bytes are left.
func (*Small) Fill(int64) error { return errLinux }

// Clear makes room again.
func (*Small) Clear() error { return errLinux }

// Free is how many bytes are left.
func (*Small) Free() (int64, error) { return 0, errLinux }

//go:build !linux

package fleet

import "syscall"

// dieWithParent is for Linux alone: elsewhere a process may outlive a test that is killed.
func dieWithParent() *syscall.SysProcAttr { return nil }

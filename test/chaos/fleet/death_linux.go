package fleet

import "syscall"

// dieWithParent ends a process when the one that started it is killed itself.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

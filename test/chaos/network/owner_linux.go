package network

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// owner is the node whose process has the other end of a connection on this machine, Anyone if none of them has.
func (p *Proxies) owner(c net.Conn) int {
	remote, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return Anyone
	}
	inode := inodeOf(remote.Port)
	if inode == "" {
		return Anyone
	}
	p.mu.Lock()
	pids := make(map[int]int, len(p.pids))
	for node, pid := range p.pids {
		pids[node] = pid
	}
	p.mu.Unlock()
	for node, pid := range pids {
		if holds(pid, "socket:["+inode+"]") {
			return node
		}
	}
	return Anyone
}

// inodeOf finds the socket of a local TCP port of a connection, as the kernel lists it: local address, remote address, state, …,
// the tenth field is the inode.
func inodeOf(port int) string {
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return ""
	}
	wanted := fmt.Sprintf(":%04X", port)
	for line := range strings.Lines(string(table)) {
		if f := strings.Fields(line); len(f) > 9 && strings.HasSuffix(f[1], wanted) && f[9] != "0" {
			return f[9]
		}
	}
	return ""
}

// holds tells whether a process has a file open.
func holds(pid int, file string) bool {
	folder := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return false
	}
	for _, e := range entries {
		if target, err := os.Readlink(filepath.Join(folder, e.Name())); err == nil && target == file {
			return true
		}
	}
	return false
}

package network

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// look is one look at the sockets of this machine: who has the local end of each connection. It takes milliseconds where there are
// thousands of sockets, so connections that come meanwhile share the next one.
type look struct {
	done  chan struct{}
	owner map[int]int // nodes by local port of their end
}

// looks sees to it that one look is made at a time.
type looks struct {
	mu      sync.Mutex
	waiting *look // begins when the one under way is done
	turn    sync.Mutex
}

// owner is the node whose process has the other end of a connection on this machine, Anyone if none of them has.
func (p *Proxies) owner(c net.Conn) int {
	remote, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return Anyone
	}
	if node, known := p.looks.next(p.processes)[remote.Port]; known {
		return node
	}
	return Anyone
}

// next is what a look shows that begins after the call.
func (s *looks) next(processes func() map[int]int) map[int]int {
	s.mu.Lock()
	l := s.waiting
	if l != nil {
		s.mu.Unlock()
		<-l.done
		return l.owner
	}
	l = &look{done: make(chan struct{})}
	s.waiting = l
	s.mu.Unlock()
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	s.waiting = nil
	s.mu.Unlock()
	l.owner = owners(processes())
	close(l.done)
	return l.owner
}

// processes are the process ids by node.
func (p *Proxies) processes() map[int]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	pids := make(map[int]int, len(p.pids))
	for node, pid := range p.pids {
		pids[node] = pid
	}
	return pids
}

// owners finds the nodes by the local ports of their connections, as the kernel lists them: local address, remote address, state,
// …, the tenth field is the inode.
func owners(pids map[int]int) map[int]int {
	node := map[string]int{} // by inode
	for id, pid := range pids {
		for _, inode := range sockets(pid) {
			node[inode] = id
		}
	}
	ports := map[int]int{}
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return ports
	}
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) < 10 {
			continue
		}
		if id, ours := node[f[9]]; ours {
			if _, text, ok := strings.Cut(f[1], ":"); ok {
				if port, err := strconv.ParseUint(text, 16, 16); err == nil {
					ports[int(port)] = id
				}
			}
		}
	}
	return ports
}

// sockets are the inodes of the sockets that a process has.
func sockets(pid int) (inodes []string) {
	folder := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		target, err := os.Readlink(filepath.Join(folder, e.Name()))
		if inode, ok := strings.CutPrefix(target, "socket:["); err == nil && ok {
			inodes = append(inodes, strings.TrimSuffix(inode, "]"))
		}
	}
	return inodes
}

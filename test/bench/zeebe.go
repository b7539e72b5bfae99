package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

var zeebeReady = regexp.MustCompile(`READY grpc=(\d+)`)

// startZeebe starts the durable Zeebe broker beside the repository and gives it with its address.
func (b *bench) startZeebe(ctx context.Context) (*process, string, error) {
	data, err := os.MkdirTemp(b.folder, "zeebe-")
	if err != nil {
		return nil, "", err
	}
	base, err := freePorts(4)
	if err != nil {
		return nil, "", err
	}
	env := []string{"DIR=" + data, fmt.Sprintf("BASE=%d", base)}
	p, err := b.start(b.oracle, filepath.Join(data, "log"), env, "broker")
	if err != nil {
		return nil, "", err
	}
	address := ""
	err = p.until(ctx, 5*time.Minute, "READY of Zeebe", func() bool {
		text, _ := os.ReadFile(p.log) // not written yet: not ready
		if found := zeebeReady.FindSubmatch(text); found != nil {
			address = net.JoinHostPort("127.0.0.1", string(found[1]))
		}
		return address != ""
	})
	if err != nil {
		p.stop(syscall.SIGKILL)
		return nil, "", fmt.Errorf("zeebe: %w", err)
	}
	// READY comes before its partition has a leader: the first deployment that is taken says that it has one.
	m, err := b.oneTask("benchmark")
	if err == nil {
		err = p.until(ctx, time.Minute, "leader of Zeebe's partition", func() bool {
			return b.load.deploy(ctx, address, m) == nil
		})
	}
	if err != nil {
		p.stop(syscall.SIGKILL)
		return nil, "", err
	}
	return p, address, nil
}

// freePorts finds consecutive ports that are free on loopback and gives the first.
func freePorts(count int) (int, error) {
	for range 100 {
		first, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		base := first.Addr().(*net.TCPAddr).Port
		held := []net.Listener{first}
		for i := 1; i < count; i++ {
			next, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", base+i))
			if err != nil {
				break
			}
			held = append(held, next)
		}
		for _, l := range held {
			l.Close()
		}
		if len(held) == count {
			return base, nil
		}
	}
	return 0, fmt.Errorf("no %d consecutive free ports", count)
}

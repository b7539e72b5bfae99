package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

var zeebeReady = regexp.MustCompile(`READY grpc=\d+`)

// startZeebe starts one durable Zeebe broker with one partition and gives it with its address.
func (b *bench) startZeebe(ctx context.Context) (*process, string, error) {
	brokers, address, err := b.startBrokers(ctx, 1, 1)
	if err != nil {
		return nil, "", err
	}
	return brokers[0], address, nil
}

// startBrokers starts the durable Zeebe brokers beside the repository, each partition replicated to all of them, and gives them
// with the addresses of their gateways, comma separated.
func (b *bench) startBrokers(ctx context.Context, size, partitions int) (brokers []*process, addresses string, err error) {
	defer func() {
		if err != nil {
			stopAll(brokers, syscall.SIGKILL)
			err = fmt.Errorf("zeebe: %w", err)
		}
	}()
	var bases []int
	var contacts, gateways []string
	for range size {
		base, err := freePorts(4)
		if err != nil {
			return nil, "", err
		}
		bases = append(bases, base)
		contacts = append(contacts, fmt.Sprintf("127.0.0.1:%d", base+2))
		gateways = append(gateways, fmt.Sprintf("127.0.0.1:%d", base))
	}
	for i, base := range bases {
		data, err := os.MkdirTemp(b.folder, "zeebe-")
		if err != nil {
			return brokers, "", err
		}
		p, err := b.start(b.oracle, filepath.Join(data, "log"), []string{
			"DIR=" + data, fmt.Sprintf("BASE=%d", base), fmt.Sprintf("NODE=%d", i), fmt.Sprintf("SIZE=%d", size),
			fmt.Sprintf("RF=%d", size), fmt.Sprintf("PARTS=%d", partitions), "CONTACT=" + strings.Join(contacts, ","),
		}, "broker")
		if err != nil {
			return brokers, "", err
		}
		brokers = append(brokers, p)
	}
	for _, p := range brokers {
		if err := p.until(ctx, 5*time.Minute, "READY of Zeebe", func() bool {
			text, _ := os.ReadFile(p.log) // not written yet: not ready
			return zeebeReady.Match(text)
		}); err != nil {
			return brokers, "", err
		}
	}
	// READY comes before its partitions have leaders: the first deployment that is taken says that they have.
	m, err := b.oneTask("benchmark")
	if err != nil {
		return brokers, "", err
	}
	return brokers, strings.Join(gateways, ","), brokers[0].until(ctx, 2*time.Minute, "leaders of Zeebe's partitions", func() bool {
		return b.load.deploy(ctx, gateways[0], m) == nil
	})
}

// stopAll stops servers one after the other.
func stopAll(servers []*process, signal syscall.Signal) {
	for _, p := range servers {
		p.stop(signal)
	}
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

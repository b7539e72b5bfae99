package cluster

import (
	"context"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// cpu is what the process has used so far, in nanoseconds.
func cpu() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkForward forwards commands from 64 callers over TCP to a partition that answers at once. The
// CPU is of both nodes, the callers, and the kernel's share of the connection.
func BenchmarkForward(b *testing.B) {
	for _, c := range []struct {
		name    string
		from    int
		callers int
	}{{"local", 0, 64}, {"callers=1", 1, 1}, {"callers=16", 1, 16}, {"callers=64", 1, 64}, {"callers=512", 1, 512}} {
		b.Run(c.name, func(b *testing.B) {
			w := benchWorld(b)
			command := complete(1, 1)
			if _, err := w.nodes[c.from].Submit(b.Context(), 1, command); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			var left atomic.Int64
			left.Store(int64(b.N))
			b.ResetTimer()
			begin := cpu()
			var callers sync.WaitGroup
			for range c.callers {
				callers.Go(func() {
					for left.Add(-1) >= 0 {
						if _, err := w.nodes[c.from].Submit(context.Background(), 1, command); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			callers.Wait()
			b.ReportMetric(float64(cpu()-begin)/1000/float64(b.N), "µs-cpu/op")
		})
	}
}

// benchWorld is a world of two nodes whose partition 1 is led by the first.
func benchWorld(b *testing.B) *world {
	w := &world{logs: map[int32]*fakeLog{}}
	for i := range 2 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		n := &node{
			w: w, id: string(rune('a' + i)), address: listener.Addr().String(), serves: make(chan error, 1),
			conns: map[string][]net.Conn{}, shut: map[string]bool{},
		}
		n.Router = NewRouter(Config{
			NodeID: int32(i), ServerID: n.id, Partitions: 1, Peers: n.peers, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
			Dial: func(ctx context.Context, server string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", w.nodes[server[0]-'a'].address)
			},
		})
		go func() { n.serves <- n.Serve(listener) }()
		w.nodes = append(w.nodes, n)
	}
	w.logs[1] = &fakeLog{id: 1, accepted: map[uint64]int{}}
	for _, n := range w.nodes {
		n.Add(1, &replica{node: n, log: w.logs[1]})
	}
	w.elect(1, 0)
	for end := time.Now().Add(2 * time.Second); w.nodes[1].Leader(1) != "a" && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	b.Cleanup(w.stop)
	return w
}

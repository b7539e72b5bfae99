package partition_test

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/raftlog"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/storage"
)

// startMany opens a node that leads a number of partitions, each of which takes itself for the only one, so
// that each takes deployments.
func startMany(b *testing.B, count int) (all []*whole, stop func()) {
	node, err := raftlog.OpenNode(b.TempDir(), raftlog.NodeOptions{SegmentBytes: 8 << 20, Fatal: func(err error) { b.Error(err) }})
	if err != nil {
		b.Fatal(err)
	}
	for id := 1; id <= count; id++ {
		w := &whole{node: node}
		w.replica, err = node.OpenReplica(raftlog.ReplicaConfig{
			Partition: uint16(id), Exporters: []string{}, Storage: storage.Options{Ordered: state.Ordered},
		})
		if err != nil {
			b.Fatal(err)
		}
		w.Partition = partition.Open(partition.Config{
			ID: int32(id), Log: w.replica, QueueLatency: time.Minute, Reading: w.replica.Store().RLocker(),
			NewMachine: func() partition.Machine { return core.New(1, 1, w.replica.Store(), core.Limits{}) },
		})
		all = append(all, w)
	}
	for _, w := range all {
		for end := time.Now().Add(10 * time.Second); !w.Leads(); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				b.Fatal("no leader within 10 s")
			}
		}
	}
	return all, func() {
		for _, w := range all {
			w.Partition.Close()
			if err := w.replica.Close(); err != nil {
				b.Error(err)
			}
		}
		if err := node.Close(); err != nil {
			b.Error(err)
		}
	}
}

// BenchmarkPartitions runs one-task instances at the same load on one node with 1 and with 8
// partitions: at a given rate, which shows what a partition costs, and as fast as it goes with the
// same number of instances in flight.
func BenchmarkPartitions(b *testing.B) {
	for _, rate := range []int{1000, 0} {
		for _, count := range []int{1, 8} {
			name := fmt.Sprintf("%d partitions, %d per s", count, rate)
			if rate == 0 {
				name = fmt.Sprintf("%d partitions, 128 in flight", count)
			}
			b.Run(name, func(b *testing.B) { runMany(b, count, rate) })
		}
	}
}

func runMany(b *testing.B, count, rate int) {
	all, stop := startMany(b, count)
	defer stop()
	variables, err := record.ParseDocument([]byte(`{"amount":"10.50","currency":"USD"}`))
	if err != nil {
		b.Fatal(err)
	}
	const inFlight = 128
	streams := make([]*partition.Stream, count)
	for i, w := range all {
		w.deploy(b)
		if streams[i], err = w.OpenStream(partition.StreamRequest{Type: "work", Worker: "w", Timeout: 60_000}); err != nil {
			b.Fatal(err)
		}
		streams[i].Grant(inFlight)
	}
	frames, busy := all[0].node.Log().Stats().Frames, cpu()
	b.ResetTimer()
	var taken atomic.Int64
	var workers sync.WaitGroup
	began := time.Now()
	for i := range inFlight {
		w, stream := all[i%count], streams[i%count]
		workers.Go(func() {
			for n := taken.Add(1); n <= int64(b.N); n = taken.Add(1) {
				if rate > 0 {
					time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second / time.Duration(rate))))
				}
				w.create(b, variables)
				job, err := stream.Recv(context.Background())
				if err != nil {
					b.Error(err)
					return
				}
				w.do(b, job.Key, record.JobComplete, &record.Job{})
				stream.Grant(1)
			}
		})
	}
	workers.Wait()
	b.StopTimer()
	n := math.Max(1, float64(b.N))
	b.ReportMetric(n/b.Elapsed().Seconds(), "instances/s")
	b.ReportMetric((cpu()-busy).Seconds()*1e3/n, "cpu_ms/instance")
	b.ReportMetric(float64(all[0].node.Log().Stats().Frames-frames)/n, "fsyncs/instance")
}

// cpu is the time that the process has computed.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

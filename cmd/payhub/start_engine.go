package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/payhub/payhub/engine/cluster"
	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/raftlog"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/storage"
)

// engine is the workflow engine of this node: its partitions with their logs.
type engine struct {
	router     *cluster.Router
	replicas   map[int32]*raftlog.Replica
	partitions map[int32]*partition.Partition
}

// startEngine opens the log and the state and starts the partitions.
func (n *node) startEngine(ctx context.Context) (*engine, error) {
	tuneCollector()
	host, _, err := net.SplitHostPort(n.Node.Listen)
	if err != nil {
		return nil, failed("start", "node.listen: "+err.Error(), "give host:port")
	}
	data := filepath.Clean(n.Engine.Data)
	members, err := raftlog.OpenNode(data, raftlog.NodeOptions{
		ID: int32(n.Engine.NodeID), Fatal: n.fail, Logger: raftLogger(n.log),
	})
	if err != nil {
		return nil, failed("start", err.Error(), "")
	}
	n.onStop("log", func(context.Context) error { return members.Close() })
	e := &engine{
		router: cluster.NewRouter(cluster.Config{
			NodeID: int32(n.Engine.NodeID), ClusterSize: int32(n.Engine.ClusterSize),
			ReplicationFactor: int32(n.Engine.ReplicationFactor), Host: host, Port: int32(n.listeners.port(listenGRPC)),
		}),
		replicas: map[int32]*raftlog.Replica{}, partitions: map[int32]*partition.Partition{},
	}
	n.metrics.MustRegister(logMetrics(members.Log()))
	for id := int32(1); id <= int32(n.Engine.Partitions); id++ {
		if err := n.startPartition(ctx, e, members, id); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// startPartition opens one partition: its state, its log, and what decides.
func (n *node) startPartition(_ context.Context, e *engine, members *raftlog.Node, id int32) error {
	replica, err := members.OpenReplica(raftlog.ReplicaConfig{
		Partition: uint16(id), SnapshotInterval: n.Engine.Snapshot.Interval,
		Storage: storage.Options{FlushInterval: n.Engine.Flush.Interval, Ordered: state.Ordered, Fatal: n.fail},
	})
	if err != nil {
		return failed("start", fmt.Sprintf("partition %d: %v", id, err), "")
	}
	n.onStop(fmt.Sprintf("log of partition %d", id), func(context.Context) error { return replica.Close() })
	count := int32(n.Engine.Partitions)
	limits := core.Limits{IdempotencyRetention: n.Engine.Idempotency.Retention.Milliseconds()}
	p := partition.Open(partition.Config{
		ID: id, Log: replica, Reading: replica.Store().RLocker(),
		NewMachine:    func() partition.Machine { return core.New(id, count, replica.Store(), limits) },
		JobsAvailable: e.router.JobsAvailable, Logger: n.log.With("partition", id),
	})
	n.onStop(fmt.Sprintf("partition %d", id), func(context.Context) error { p.Close(); return nil })
	n.onReady(fmt.Sprintf("partition %d", id), func() error {
		if !p.Leads() {
			return fmt.Errorf("no leader yet")
		}
		return nil
	})
	e.replicas[id], e.partitions[id] = replica, p
	e.router.Add(id, p)
	n.metrics.MustRegister(partitionMetrics(id, p, replica))
	return nil
}

// leading waits until a partition leads.
func leading(ctx context.Context, p *partition.Partition) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !p.Leads() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

// raftLogger passes what raft says on to the node's log: its errors; the rest, like elections, is
// for debugging.
func raftLogger(log *slog.Logger) hclog.Logger {
	level := hclog.Error
	if log.Enabled(context.Background(), slog.LevelDebug) {
		level = hclog.Debug
	}
	return hclog.New(&hclog.LoggerOptions{
		Name: "raft", Level: level, DisableTime: true, Output: slogWriter{log},
	})
}

// slogWriter writes lines to a log.
type slogWriter struct{ log *slog.Logger }

// Write implements io.Writer.
func (w slogWriter) Write(line []byte) (int, error) {
	w.log.Warn("raft", "said", strings.TrimSpace(string(line)))
	return len(line), nil
}

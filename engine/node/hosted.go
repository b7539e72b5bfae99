package node

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/export"
	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/raftlog"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/storage"
)

// Hosted is a partition's replica on this node, and what decides while it leads.
type Hosted struct {
	ID        int32
	Replica   *raftlog.Replica
	Partition *partition.Partition

	exporting *exporting
	disks     atomic.Pointer[diskReports] // of the members, as last heard; nil: never
	roles     chan role                   // the newest one only
	ended     sync.WaitGroup
	stop      chan struct{}
	log       *slog.Logger
}

// role is whether the node leads a partition, and what exporters have acknowledged then.
type role struct {
	leads     bool
	exporters []record.Exporter
}

// Exporters tells how far each exporter of the partition has come; none while another node leads.
func (h *Hosted) Exporters() []export.Status { return h.exporting.status() }

// open opens the partition's replica and starts it. voters are the members that a new cluster
// begins with; nil: the partition's leader adds this node.
func (n *Node) openPartition(id int32, voters []raft.Server) (*Hosted, error) {
	log := n.config.Logger.With("partition", id)
	h := &Hosted{ID: id, roles: make(chan role, 1), stop: make(chan struct{}), log: log}
	var transport raft.Transport
	if !n.config.single() {
		transport = raftlog.NewTransport(n.link.Raft(uint16(id)), n.config.RaftLogger)
	}
	var err error
	h.Replica, err = n.log.OpenReplica(raftlog.ReplicaConfig{
		Partition: uint16(id), Transport: transport, Voters: voters, Heartbeat: n.config.Heartbeat,
		SnapshotInterval: n.config.SnapshotInterval,
		Storage:          storage.Options{FlushInterval: n.config.FlushInterval, Ordered: state.Ordered, Fatal: n.config.Fatal},
	})
	if err != nil {
		return nil, fmt.Errorf("partition %d: %w", id, err)
	}
	h.Replica.SetExporters(n.exporterIDs())
	limits := core.Limits{IdempotencyRetention: n.config.IdempotencyRetention.Milliseconds()}
	count := n.configuration().MessagePartitions
	h.exporting = &exporting{
		partition: id, exporters: n.exporters, replica: h.Replica, log: log,
		submit: func(ctx context.Context, c record.Record) (record.Record, error) { return h.Partition.Submit(ctx, c) },
	}
	h.Partition = partition.Open(partition.Config{
		ID: id, Log: h.Replica, Reading: h.Replica.Store().RLocker(), Logger: log,
		NewMachine:    func() partition.Machine { return core.New(id, count, h.Replica.Store(), limits) },
		JobsAvailable: n.router.JobsAvailable, Confirm: h.Replica.Confirm,
		Send:       func(sends []record.Send) { n.router.Sent(id, sends) },
		Checkpoint: func(number int64) error { return n.backups.taken(h, number) },
		Undelivered: func(yields []record.Record) {
			for _, y := range yields {
				n.router.Post(id, y)
			}
		},
		Led: func(leads bool, term uint64, m partition.Machine) {
			n.router.Led(id, leads, term, m)
			h.becomes(leads, m)
			if id == coordinatorPartition {
				n.coordinator.lead(leads)
			}
		},
	})
	h.pause(n.paused())
	h.ended.Add(1)
	go h.follow()
	n.router.Add(id, h.Partition)
	return h, nil
}

// becomes notes the newest role; it is called by the goroutine that decides and returns at once.
func (h *Hosted) becomes(leads bool, m partition.Machine) {
	next := role{leads: leads}
	if c, ok := m.(*core.Core); ok && leads {
		next.exporters = c.Exporters()
	}
	select {
	case <-h.roles: // nobody took the older one
	default:
	}
	h.roles <- next
}

// follow starts and stops with the leadership what runs at the leader.
func (h *Hosted) follow() {
	defer h.ended.Done()
	for {
		select {
		case r := <-h.roles:
			h.exporting.lead(r.leads, r.exporters)
		case <-h.stop:
			h.exporting.lead(false, nil)
			return
		}
	}
}

// close ends the partition on this node.
func (h *Hosted) close() error {
	close(h.stop)
	h.ended.Wait()
	h.Partition.Close()
	return h.Replica.Close()
}

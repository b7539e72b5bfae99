package raftlog

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/storage"
)

// ReplicaConfig are the settings of one partition's replica; zero values take the defaults named
// at each field.
type ReplicaConfig struct {
	// Partition is the partition's number, from 1 on.
	Partition uint16
	// Transport connects the replicas, as NewTransport makes it; the replica closes it. Nil for a cluster of
	// one node, which needs no listener.
	Transport raft.Transport
	// Voters are the members a new cluster begins with, at its formation; later they are ignored. Nil is this
	// node alone when there is no Transport, and to wait to be added when there is one.
	Voters []raft.Server
	// Exporters are the ids of the exporters, the same on all nodes: the log is kept from the lowest position
	// on that they have acknowledged, as the replicated state says. Nil: nobody knows yet, and nothing is
	// removed until SetExporters or SetExportLimit is called. Empty: nobody exports.
	Exporters []string
	// LeaderChanged is told the id of the partition's leader as soon as this replica knows it, empty while it
	// knows none. It must return at once.
	LeaderChanged func(leader raft.ServerID)
	// OpenState opens the state in a folder; storage.Open with Storage.
	OpenState func(dir string) (State, error)
	// Heartbeat is how long a follower waits for the leader before it asks for votes; 300 ms, and
	// 20 ms for a single node, which has nobody to wait for.
	Heartbeat time.Duration
	// SnapshotInterval and SnapshotBytes say when the log is shortened: after this time, or when
	// this much was applied; 5 min and 128 MiB.
	SnapshotInterval time.Duration
	SnapshotBytes    int64
	// Trailing is how many entries raft keeps behind a snapshot, so that a follower that was away for
	// a moment needs no files; 4096, and none for a single node.
	Trailing uint64
	// Storage are the settings of the state.
	Storage storage.Options
}

// Replica is one partition's share of a node: a raft instance, the state and the view of the log.
// It is a partition.Log.
type Replica struct {
	membership

	node      *Node
	config    ReplicaConfig
	dir       string
	store     State
	view      *PartitionLog
	machine   *machine
	transport *watched
	raft      atomic.Pointer[raft.Raft] // another one after a recovery
	exporters atomic.Pointer[[]string]
	changing  sync.Mutex // a recovery, or the end

	notify     chan bool
	leadership chan partition.Leadership
	shorten    chan struct{}
	stop       chan struct{}
	running    sync.WaitGroup
	closed     atomic.Bool
	stamp      atomic.Pointer[stamp]
	scanning   atomic.Bool
	sum        atomic.Pointer[StateSum]
}

// OpenReplica opens or creates a partition's replica and starts it. Errors: *DamagedError,
// *NewerFormatError, and those of the disk.
func (n *Node) OpenReplica(c ReplicaConfig) (*Replica, error) {
	c.setDefaults(n)
	dir := n.partitionDir(c.Partition)
	store, err := c.OpenState(filepath.Join(dir, "state"))
	if err != nil {
		return nil, err
	}
	r := &Replica{
		node: n, config: c, dir: dir, store: store, view: n.log.Partition(c.Partition),
		notify: make(chan bool, 16), leadership: make(chan partition.Leadership, 1),
		shorten: make(chan struct{}, 1), stop: make(chan struct{}),
	}
	r.membership = membership{r, make(chan struct{}, 1)}
	if c.Exporters != nil {
		r.exporters.Store(&c.Exporters)
	}
	if err := r.start(); err != nil {
		store.Close()
		return nil, fmt.Errorf("raftlog: partition %d: %w", c.Partition, err)
	}
	r.running.Add(2)
	go r.watchLeadership()
	go r.shortenLog()
	n.attach(r)
	return r, nil
}

func (c *ReplicaConfig) setDefaults(n *Node) {
	single := c.Transport == nil
	if c.Heartbeat <= 0 {
		c.Heartbeat = 300 * time.Millisecond
		if single {
			c.Heartbeat = 20 * time.Millisecond
		}
	}
	if c.Trailing == 0 && !single {
		c.Trailing = 4096
	}
	if c.SnapshotInterval <= 0 {
		c.SnapshotInterval = 5 * time.Minute
	}
	if c.SnapshotBytes <= 0 {
		c.SnapshotBytes = 128 << 20
	}
	if c.Storage.Fatal == nil {
		c.Storage.Fatal = n.opts.Fatal
	}
	if c.LeaderChanged == nil {
		c.LeaderChanged = func(raft.ServerID) {}
	}
	if c.OpenState == nil {
		options := c.Storage
		c.OpenState = func(dir string) (State, error) {
			s, err := storage.Open(dir, options)
			if err != nil {
				return nil, err
			}
			return s, nil
		}
	}
}

// start brings state and log into line and starts raft.
func (r *Replica) start() error {
	id := r.node.ServerID()
	voters := r.config.Voters
	under := r.config.Transport
	if under == nil {
		self := raft.ServerAddress(id)
		_, under = raft.NewInmemTransport(self)
		voters = []raft.Server{{Suffrage: raft.Voter, ID: id, Address: self}}
	}
	t, ok := under.(transport)
	if !ok {
		return fmt.Errorf("a transport of type %T cannot ask for votes ahead of an election", under)
	}
	r.transport = watch(t)
	if err := r.align(voters); err != nil {
		return err
	}
	var err error
	if r.machine, err = newMachine(r.store, r.view, r.scan); err != nil {
		return err
	}
	return r.startRaft(voters)
}

// startRaft starts raft, which panics when the disk fails meanwhile.
func (r *Replica) startRaft(voters []raft.Server) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if err = r.Err(); err == nil {
				panic(p)
			}
		}
	}()
	snaps, err := newSnapshots(r.store, r.view, filepath.Join(r.dir, "transfer"))
	if err != nil {
		return err
	}
	conf := r.raftConfig()
	if len(voters) > 0 {
		err := raft.BootstrapCluster(conf, r.view, r.view, snaps, r.transport, raft.Configuration{Servers: voters})
		if err != nil && !errors.Is(err, raft.ErrCantBootstrap) {
			return err
		}
	}
	rf, err := raft.NewRaft(conf, r.machine, &recent{PartitionLog: r.view}, r.view, snaps, r.transport)
	if err != nil {
		return err
	}
	r.view.runs.Store(true)
	r.raft.Store(rf)
	r.observe(rf)
	return nil
}

func (r *Replica) raftConfig() *raft.Config {
	conf := raft.DefaultConfig()
	conf.LocalID = r.node.ServerID()
	conf.HeartbeatTimeout = r.config.Heartbeat
	conf.ElectionTimeout = r.config.Heartbeat
	conf.LeaderLeaseTimeout = max(r.config.Heartbeat/2, 5*time.Millisecond)
	conf.CommitTimeout = min(r.config.Heartbeat/2, 150*time.Millisecond) // followers at rest hear of the last commit that late
	conf.NoSnapshotRestoreOnStart = true                                 // the state is the snapshot
	conf.SnapshotInterval = math.MaxInt64 / 4
	conf.SnapshotThreshold = math.MaxUint64
	conf.TrailingLogs = r.config.Trailing
	conf.ShutdownOnRemove = false // whoever removed it closes it
	conf.NotifyCh = r.notify
	conf.NoLegacyTelemetry = true
	conf.Logger = r.node.opts.Logger
	return conf
}

// current is the raft instance in force.
func (r *Replica) current() *raft.Raft { return r.raft.Load() }

// Partition is the partition's number.
func (r *Replica) Partition() uint16 { return r.config.Partition }

// Store is the partition's state. Readers that do not run between two proposals hold its RLocker.
func (r *Replica) Store() State { return r.store }

// Err is the first error of log or state, nil while there is none.
func (r *Replica) Err() error {
	if err := r.node.Err(); err != nil {
		return err
	}
	return r.store.Err()
}

// Full is an error while the disk has too little room for new work.
func (r *Replica) Full() error { return r.node.Full(time.Now()) }

// Close stops the replica. What was committed is safe on disk.
func (r *Replica) Close() error {
	r.changing.Lock()
	defer r.changing.Unlock()
	if r.closed.Swap(true) {
		return ErrStopped
	}
	r.node.detach(r)
	close(r.stop)
	err := r.current().Shutdown().Error()
	if e := r.transport.close(); err == nil {
		err = e
	}
	r.running.Wait()
	r.machine.changed.notify()
	if e := r.store.Close(); err == nil {
		err = e
	}
	return err
}

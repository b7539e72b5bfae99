package raftlog

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/storage"
)

// ReplicaConfig are the settings of one partition's replica; zero values take the defaults named
// at each field.
type ReplicaConfig struct {
	// Partition is the partition's number, from 1 on.
	Partition uint16
	// Transport connects the replicas; nil for a cluster of one node, which needs no listener.
	Transport raft.Transport
	// Voters are the members a new cluster begins with; nil is this node alone when there is no
	// Transport, and to wait to be added when there is one.
	Voters []raft.Server
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
	node    *Node
	config  ReplicaConfig
	store   *storage.Store
	view    *PartitionLog
	machine *machine
	raft    *raft.Raft

	notify     chan bool
	leadership chan partition.Leadership
	shorten    chan struct{}
	stop       chan struct{}
	running    sync.WaitGroup
	closed     atomic.Bool
	stamp      atomic.Pointer[stamp]
}

// stamp is the coded term that entries carry, made once per term.
type stamp struct {
	term  uint64
	coded []byte
}

// OpenReplica opens or creates a partition's replica and starts it.
func (n *Node) OpenReplica(c ReplicaConfig) (*Replica, error) {
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
	dir := filepath.Join(n.data, "partitions", strconv.Itoa(int(c.Partition)))
	store, err := storage.Open(filepath.Join(dir, "state"), c.Storage)
	if err != nil {
		return nil, err
	}
	r := &Replica{
		node: n, config: c, store: store, view: n.log.Partition(c.Partition),
		notify: make(chan bool, 16), leadership: make(chan partition.Leadership, 1),
		shorten: make(chan struct{}, 1), stop: make(chan struct{}),
	}
	if err := r.start(dir, single); err != nil {
		store.Close()
		return nil, fmt.Errorf("raftlog: partition %d: %w", c.Partition, err)
	}
	r.running.Add(2)
	go r.watchLeadership()
	go r.shortenLog()
	return r, nil
}

func (r *Replica) start(dir string, single bool) error {
	if err := r.align(); err != nil {
		return err
	}
	var err error
	if r.machine, err = newMachine(r.store, r.view, r.node.opts.Fatal); err != nil {
		return err
	}
	snaps, err := newSnapshots(r.store, filepath.Join(dir, "transfer"))
	if err != nil {
		return err
	}
	id := r.node.ServerID()
	transport, voters := r.config.Transport, r.config.Voters
	if single {
		self := raft.ServerAddress(id)
		_, transport = raft.NewInmemTransport(self)
		voters = []raft.Server{{Suffrage: raft.Voter, ID: id, Address: self}}
	}
	conf := r.raftConfig(id, single)
	if len(voters) > 0 {
		err := raft.BootstrapCluster(conf, r.view, r.view, snaps, transport, raft.Configuration{Servers: voters})
		if err != nil && !errors.Is(err, raft.ErrCantBootstrap) {
			return err
		}
	}
	return r.startRaft(conf, snaps, transport)
}

// startRaft starts raft, which panics when the disk fails meanwhile.
func (r *Replica) startRaft(conf *raft.Config, snaps *snapshots, transport raft.Transport) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if err = r.Err(); err == nil {
				panic(p)
			}
		}
	}()
	if r.raft, err = raft.NewRaft(conf, r.machine, r.view, r.view, snaps, transport); err == nil {
		r.view.runs.Store(true)
	}
	return err
}

// align compares state and log after a restart. The log is always ahead of the state or level with
// it, unless the state came from another node; a node that is alone has no other.
func (r *Replica) align() error {
	have := r.store.FlushedIndex()
	first, _ := r.view.FirstIndex()
	switch {
	case have > r.view.newest() && r.config.Transport == nil:
		return fmt.Errorf("the state ends at entry %d, but the log ends at entry %d: the log, or its end, is missing, and with "+
			"it may be what was acknowledged (bring the folder of the log back)", have, r.view.newest())
	case have > r.view.newest():
		return r.view.Reset(have)
	case first > have+1:
		return fmt.Errorf("the state ends at entry %d, but the log begins at entry %d: entries between them are missing "+
			"(bring the folder of the state back from a backup; in a cluster, move the data folder away and start the "+
			"node empty)", have, first)
	}
	return nil
}

func (r *Replica) raftConfig(id raft.ServerID, single bool) *raft.Config {
	conf := raft.DefaultConfig()
	conf.LocalID = id
	conf.HeartbeatTimeout = r.config.Heartbeat
	conf.ElectionTimeout = r.config.Heartbeat
	conf.LeaderLeaseTimeout = max(r.config.Heartbeat/2, 5*time.Millisecond)
	conf.CommitTimeout = min(r.config.Heartbeat/4, 50*time.Millisecond)
	conf.NoSnapshotRestoreOnStart = true // the state is the snapshot
	conf.SnapshotInterval = math.MaxInt64 / 4
	conf.SnapshotThreshold = math.MaxUint64
	conf.TrailingLogs = r.config.Trailing
	conf.NotifyCh = r.notify
	conf.NoLegacyTelemetry = true
	conf.Logger = r.node.opts.Logger
	return conf
}

// Store is the partition's state. Readers that do not run between two proposals hold its RLocker.
func (r *Replica) Store() *storage.Store { return r.store }

// Propose appends a coded batch decided in a term, with its rows, and returns when it is committed
// and applied here; see partition.Log.
func (r *Replica) Propose(term uint64, entry []byte, rows []record.Row) error {
	if err := r.Err(); err != nil {
		return err
	}
	s := r.stamp.Load()
	if s == nil || s.term != term {
		s = &stamp{term, binary.BigEndian.AppendUint64(nil, term)}
		r.stamp.Store(s)
	}
	r.machine.pending.Store(&proposal{entry, rows})
	err := r.apply(raft.Log{Data: entry, Extensions: s.coded})
	for errors.Is(err, raft.ErrLeadershipTransferInProgress) { // it ends with a new leader or with this one
		time.Sleep(transferPause)
		err = r.apply(raft.Log{Data: entry, Extensions: s.coded})
	}
	r.machine.pending.Store(nil)
	r.considerShortening()
	if err == nil {
		return nil
	}
	return r.explain(err)
}

// transferPause is the wait between two looks at a leadership transfer in progress.
const transferPause = 5 * time.Millisecond

func (r *Replica) apply(l raft.Log) error {
	f := r.raft.ApplyLog(l, 0)
	if err := f.Error(); err != nil {
		return err
	}
	if answer, ok := f.Response().(error); ok {
		return answer
	}
	return nil
}

// explain tells what an error of raft means for the proposal.
func (r *Replica) explain(err error) error {
	if latched := r.Err(); latched != nil {
		return latched
	}
	switch {
	case errors.Is(err, partition.ErrNotLeader), errors.Is(err, raft.ErrNotLeader):
		return partition.ErrNotLeader
	default: // raft.ErrLeadershipLost, raft.ErrRaftShutdown, and what raft may add
		return fmt.Errorf("%w: %w", partition.ErrUnknownOutcome, err)
	}
}

// Err is the first error of log or state, nil while there is none.
func (r *Replica) Err() error {
	if err := r.node.Err(); err != nil {
		return err
	}
	return r.store.Err()
}

// Full is an error while the disk has too little room for new work.
func (r *Replica) Full() error { return r.node.Full(time.Now()) }

// Leadership tells of each change; only the newest waits to be received. A leader is announced
// after a barrier.
func (r *Replica) Leadership() <-chan partition.Leadership { return r.leadership }

// Leader is the raft id of the partition's leader as far as this replica knows, empty if unknown.
func (r *Replica) Leader() raft.ServerID {
	_, id := r.raft.LeaderWithID()
	return id
}

// barrierTimeout bounds the time a new leader waits to append its barrier, not to commit it.
const barrierTimeout = 10 * time.Second

// watchLeadership announces leadership once everything of earlier terms is applied.
func (r *Replica) watchLeadership() {
	defer r.running.Done()
	for {
		var leads bool
		select {
		case leads = <-r.notify:
		case <-r.stop:
			return
		}
		l := partition.Leadership{Leader: leads, Term: r.raft.CurrentTerm()}
		if leads && !r.settled(l.Term) {
			continue // lost again; raft says so next
		}
		select {
		case <-r.leadership: // nobody took the older news
		default:
		}
		r.leadership <- l
	}
}

// settled waits until everything of earlier terms is applied; false when leadership is lost first.
func (r *Replica) settled(term uint64) bool {
	for r.raft.State() == raft.Leader && r.raft.CurrentTerm() == term {
		if r.raft.Barrier(barrierTimeout).Error() == nil {
			return r.raft.CurrentTerm() == term
		}
		time.Sleep(transferPause)
	}
	return false
}

// Barrier returns when everything committed before the call is applied; only a leader can tell.
func (r *Replica) Barrier(timeout time.Duration) error {
	if err := r.raft.Barrier(timeout).Error(); err != nil {
		return r.explain(err)
	}
	return nil
}

// TransferLeadership hands leadership to another member, if there is one that is up to date.
func (r *Replica) TransferLeadership() error { return r.raft.LeadershipTransfer().Error() }

// Raft is the raft instance, for membership changes.
func (r *Replica) Raft() *raft.Raft { return r.raft }

// considerShortening asks for a snapshot when the log has grown enough.
func (r *Replica) considerShortening() {
	if r.machine.bytes.Load() < r.config.SnapshotBytes {
		return
	}
	select {
	case r.shorten <- struct{}{}:
	default:
	}
}

// shortenLog takes snapshots in time and by size.
func (r *Replica) shortenLog() {
	defer r.running.Done()
	tick := time.NewTicker(r.config.SnapshotInterval)
	defer tick.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-tick.C:
		case <-r.shorten:
		}
		if err := r.Snapshot(); err != nil && r.Err() == nil && !r.closed.Load() {
			r.node.opts.Logger.Warn("the log could not be shortened; it is tried again", "partition", r.config.Partition, "error", err)
		}
	}
}

// Snapshot makes the state safe on disk and lets raft forget the log before it. What exporters
// still need stays readable.
func (r *Replica) Snapshot() error {
	err := r.raft.Snapshot().Error()
	if errors.Is(err, raft.ErrNothingNewToSnapshot) {
		return nil
	}
	return err
}

// SetExportLimit says up to which index all exporters have what they need; the log is kept behind
// it. math.MaxUint64 means that nobody exports. It never goes back. Until it is called, nothing is
// removed from the disk.
func (r *Replica) SetExportLimit(index uint64) error { return r.view.Keep(index) }

// Close stops the replica. What was committed is safe on disk.
func (r *Replica) Close() error {
	if r.closed.Swap(true) {
		return ErrStopped
	}
	close(r.stop)
	err := r.raft.Shutdown().Error()
	r.running.Wait()
	r.machine.changed.notify()
	if e := r.store.Close(); err == nil {
		err = e
	}
	return err
}

// WaitForLeader waits until some member leads the partition.
func (r *Replica) WaitForLeader(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for r.Leader() == "" {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

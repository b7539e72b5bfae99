package link_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/cluster/link"
)

// ledger is a state machine that keeps what was applied.
type ledger struct {
	mu   sync.Mutex
	data []byte
}

func (l *ledger) Apply(entry *raft.Log) any {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.data = append(l.data, entry.Data...)
	return len(l.data)
}

func (l *ledger) Snapshot() (raft.FSMSnapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return ledgerSnapshot(bytes.Clone(l.data)), nil
}

func (l *ledger) Restore(r io.ReadCloser) error {
	data, err := io.ReadAll(r)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.data = data
	return err
}

func (l *ledger) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.data)
}

type ledgerSnapshot []byte

func (s ledgerSnapshot) Persist(sink raft.SnapshotSink) error {
	if _, err := sink.Write(s); err != nil {
		return err
	}
	return sink.Close()
}

func (ledgerSnapshot) Release() {}

// replica is one member of a Raft group over a link. Its stores outlive a stop.
type replica struct {
	*raft.Raft
	node      *node
	partition uint16
	state     *ledger
	store     *raft.InmemStore
	snapshots *raft.InmemSnapshotStore
}

func newReplica(n *node, partition uint16) *replica {
	return &replica{node: n, partition: partition, store: raft.NewInmemStore(), snapshots: raft.NewInmemSnapshotStore()}
}

// run starts the replica on a stream.
func (r *replica) run(t *testing.T, stream raft.StreamLayer) {
	t.Helper()
	config := raft.DefaultConfig()
	config.LocalID = raft.ServerID(r.node.id.ServerID())
	config.HeartbeatTimeout, config.ElectionTimeout = 300*time.Millisecond, 300*time.Millisecond
	config.LeaderLeaseTimeout, config.CommitTimeout = 200*time.Millisecond, 5*time.Millisecond
	config.TrailingLogs, config.Logger = 2, hclog.NewNullLogger()
	config.ShutdownOnRemove = false
	r.state = &ledger{}
	transport := raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream: stream, MaxPool: 3, Timeout: 2 * time.Second, Logger: hclog.NewNullLogger(),
	})
	var err error
	if r.Raft, err = raft.NewRaft(config, r.state, r.store, r.store, r.snapshots, transport); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.stop)
}

// stop ends Raft and, as closing its transport does, its stream; twice is the same as once.
func (r *replica) stop() { _ = r.Shutdown().Error() }

// group starts a replica of a partition on each node.
func group(t *testing.T, partition uint16, nodes ...*node) (replicas []*replica) {
	t.Helper()
	var members raft.Configuration
	for _, n := range nodes {
		id := n.id.ServerID()
		members.Servers = append(members.Servers, raft.Server{ID: raft.ServerID(id), Address: raft.ServerAddress(id)})
		replicas = append(replicas, newReplica(n, partition))
	}
	for _, r := range replicas {
		r.run(t, r.node.Raft(partition))
		if err := r.BootstrapCluster(members).Error(); err != nil {
			t.Fatal(err)
		}
	}
	return replicas
}

// leader waits for a leader among replicas that knows that it is one.
func leader(t *testing.T, replicas []*replica) (leads *replica) {
	t.Helper()
	eventually(t, "a leader", func() bool {
		for _, r := range replicas {
			if r.State() == raft.Leader && r.VerifyLeader().Error() == nil {
				leads = r
				return true
			}
		}
		return false
	})
	return leads
}

// write applies n entries of a size.
func write(t *testing.T, to *replica, n, size int) {
	t.Helper()
	for range n {
		if err := to.Apply(make([]byte, size), 5*time.Second).Error(); err != nil {
			t.Fatal(err)
		}
	}
}

// others is a list without one.
func others(replicas []*replica, without *replica) (rest []*replica) {
	for _, r := range replicas {
		if r != without {
			rest = append(rest, r)
		}
	}
	return rest
}

// agree waits until all replicas have applied so many bytes.
func agree(t *testing.T, size int, replicas ...*replica) {
	t.Helper()
	for _, r := range replicas {
		eventually(t, fmt.Sprintf("%d bytes at %s", size, r.node.id.ServerID()), func() bool { return r.state.size() == size })
	}
}

func TestRaftElectsReplicatesAndSurvivesALeader(t *testing.T) {
	guarded(t, func(t *testing.T, guard func(int32) func(*link.Config)) {
		d := &directory{}
		nodes := []*node{start(t, d, identity(0), guard(0)), start(t, d, identity(1), guard(1)), start(t, d, identity(2), guard(2))}
		one, two := group(t, 1, nodes...), group(t, 2, nodes...) // several groups over the same links
		write(t, leader(t, one), 50, 10)
		write(t, leader(t, two), 30, 10)
		agree(t, 500, one...)
		agree(t, 300, two...)

		first := leader(t, one)
		first.node.CloseRaft(1) // the network of that replica goes, nothing else does
		rest := others(one, first)
		write(t, leader(t, rest), 10, 10)
		agree(t, 600, rest...)
		write(t, leader(t, two), 10, 10)
		agree(t, 400, two...)

		first.stop()
		first.run(t, first.node.Raft(1)) // reopened with its stores
		agree(t, 600, one...)
	})
}

// slow is a stream layer whose connections write little per second, as over a thin line, and that
// counts what is on its way.
type slow struct {
	raft.StreamLayer
	perSecond int
	longest   atomic.Int64
}

func (s *slow) Dial(address raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	c, err := s.StreamLayer.Dial(address, timeout)
	if err != nil {
		return nil, err
	}
	return &slowConn{Conn: c, layer: s}, nil
}

type slowConn struct {
	net.Conn
	layer *slow
	sent  int64
}

func (c *slowConn) Write(p []byte) (int, error) {
	time.Sleep(time.Duration(len(p)) * time.Second / time.Duration(c.layer.perSecond))
	n, err := c.Conn.Write(p)
	c.sent += int64(n)
	if c.sent > c.layer.longest.Load() {
		c.layer.longest.Store(c.sent)
	}
	return n, err
}

func TestHeartbeatsDoNotWaitBehindASnapshot(t *testing.T) {
	d := &directory{}
	nodes := []*node{start(t, d, identity(0)), start(t, d, identity(1))}
	replicas := group(t, 1, nodes...)
	leads := leader(t, replicas)
	const size = 4 << 20
	write(t, leads, 16, size/16)
	agree(t, size, replicas...)
	leads.stop() // both begin again over a thin line
	followed := others(replicas, leads)[0]
	followed.stop()
	lines := map[*replica]*slow{}
	for _, r := range replicas {
		lines[r] = &slow{StreamLayer: r.node.Raft(1), perSecond: 2 << 20}
		r.run(t, lines[r])
	}
	leads = leader(t, replicas)
	if err := leads.Snapshot().Error(); err != nil && !errors.Is(err, raft.ErrNothingNewToSnapshot) {
		t.Fatal(err)
	}
	write(t, leads, 5, 10) // the entries before the snapshot leave the log
	if err := leads.Snapshot().Error(); err != nil {
		t.Fatal(err)
	}

	late := newReplica(start(t, d, identity(2)), 1)
	late.run(t, late.node.Raft(1))
	term := leads.CurrentTerm()
	begin := time.Now()
	if err := leads.AddNonvoter("2-g2", "2-g2", 0, 5*time.Second).Error(); err != nil {
		t.Fatal(err)
	}
	written, longest := size+50, time.Duration(0)
	for late.state.size() < size {
		if time.Since(begin) > 30*time.Second {
			t.Fatal("the snapshot did not arrive")
		}
		sent := time.Now()
		write(t, leads, 1, 1)
		written++
		longest = max(longest, time.Since(sent))
	}
	took := time.Since(begin)
	agree(t, written, append(replicas, late)...)
	if leads.CurrentTerm() != term || leads.State() != raft.Leader {
		t.Errorf("the leadership changed from term %d to %d", term, leads.CurrentTerm())
	}
	if sent := lines[leads].longest.Load(); sent < size || took < time.Second {
		t.Errorf("%d bytes went over one connection in %v: that was no snapshot over a thin line", sent, took)
	}
	if longest > took/2 { // behind the snapshot it would take as long as that
		t.Errorf("while the snapshot was sent, in %v, a write took %v", took, longest)
	}
	t.Logf("snapshot of %d bytes in %v; %d writes meanwhile, the slowest %v", size, took, written-size-50, longest)
}

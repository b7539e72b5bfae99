package raftlog

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/storage"
)

var (
	clusterSeeds = flag.Int("cluster.seeds", 4, "how many seeded lives of a cluster are run")
	clusterSeed  = flag.Uint64("cluster.seed", 0, "the one seed to run")
	clusterSteps = flag.Int("cluster.steps", 120, "faults in one life of a cluster")
)

// TestAClusterUnderFaultsLosesNothingAcknowledged runs real raft over logs and states in memory in a
// simulated time: members are cut off, crash with what a loss of power leaves, lose their disks and
// come back as new generations, while every leader proposes without a pause. In the end all members
// must have the same state and log, in which everything acknowledged stands, and nothing that was
// surely refused.
func TestAClusterUnderFaultsLosesNothingAcknowledged(t *testing.T) {
	for _, size := range []int{3, 5} {
		seeds := make([]uint64, *clusterSeeds)
		for i := range seeds {
			seeds[i] = uint64(i + 1)
		}
		if *clusterSeed != 0 {
			seeds = []uint64{*clusterSeed}
		}
		var sum lives
		for _, seed := range seeds {
			t.Run(fmt.Sprintf("%d nodes, seed %d", size, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { sum.add(t, liveOn(t, size, seed)) })
			})
		}
		t.Logf("%d nodes: %s", size, sum.String())
	}
}

// lives counts what happened.
type lives struct {
	acknowledged, unknown, refused             int
	isolations, crashes, diskLosses, snapshots int
	transfers                                  int
	simulated                                  time.Duration
}

func (l *lives) add(t *testing.T, o lives) {
	t.Logf("%s", o.String())
	l.acknowledged += o.acknowledged
	l.unknown += o.unknown
	l.refused += o.refused
	l.isolations += o.isolations
	l.crashes += o.crashes
	l.diskLosses += o.diskLosses
	l.snapshots += o.snapshots
	l.transfers += o.transfers
	l.simulated += o.simulated
}

func (l *lives) String() string {
	return fmt.Sprintf("%v simulated; %d isolations, %d crashes, %d lost disks, %d snapshots, %d transfers; %d acknowledged, "+
		"%d unknown, %d refused", l.simulated.Round(time.Second), l.isolations, l.crashes, l.diskLosses, l.snapshots,
		l.transfers, l.acknowledged, l.unknown, l.refused)
}

// bubble is a cluster in simulated time.
type bubble struct {
	t      *testing.T
	dice   *rand.Rand
	nodes  []*bubbleNode
	links  map[raft.ServerAddress]*raft.InmemTransport
	counts lives

	mu       sync.Mutex
	next     int
	outcomes map[string]error // of every proposal, by key
}

// bubbleNode is a member with its memory of a disk.
type bubbleNode struct {
	b      *bubble
	number int
	dir    string
	files  *faultDisk
	states *storage.MemoryDisk
	state  *storage.Memory
	node   *Node
	r      *Replica
	cut    bool
	quit   chan struct{}
	done   chan struct{}
}

func liveOn(t *testing.T, size int, seed uint64) lives {
	b := &bubble{
		t: t, dice: rand.New(rand.NewPCG(seed, uint64(size))), links: map[raft.ServerAddress]*raft.InmemTransport{},
		outcomes: map[string]error{},
	}
	began := time.Now()
	var voters []raft.Server
	for i := range size {
		n := &bubbleNode{b: b, number: i, dir: t.TempDir(), files: newFaultDisk(), states: storage.NewMemoryDisk()}
		n.openNode()
		b.nodes = append(b.nodes, n)
		voters = append(voters, raft.Server{ID: n.node.ServerID(), Address: raft.ServerAddress(n.node.ServerID())})
	}
	for _, n := range b.nodes {
		n.openReplica(voters)
	}
	for range *clusterSteps {
		time.Sleep(time.Duration(b.dice.IntN(500)) * time.Millisecond)
		b.fault()
	}
	b.heal()
	time.Sleep(20 * time.Second)
	for _, n := range b.nodes {
		close(n.quit)
		<-n.done
	}
	time.Sleep(5 * time.Second)
	b.judge()
	for _, n := range b.nodes {
		must(t, n.r.Close())
		must(t, n.node.Close())
	}
	b.counts.simulated = time.Since(began)
	return b.counts
}

func (n *bubbleNode) openNode() {
	var err error
	n.node, err = OpenNode(n.dir, NodeOptions{ID: int32(n.number), Files: n.files, SegmentBytes: 64 << 10})
	must(n.b.t, err)
}

// openReplica opens the node's replica and lets it propose whenever it leads.
func (n *bubbleNode) openReplica(voters []raft.Server) {
	address := raft.ServerAddress(n.node.ServerID())
	_, link := raft.NewInmemTransport(address)
	n.b.links[address] = link
	r, err := n.node.OpenReplica(ReplicaConfig{
		Partition: 1, Transport: link, Voters: voters, Trailing: 64, SnapshotInterval: time.Hour, Exporters: []string{"audit"},
		OpenState: func(dir string) (State, error) {
			s, err := n.states.Open(dir)
			n.state = s
			return s, err
		},
	})
	must(n.b.t, err)
	n.r, n.quit, n.done = r, make(chan struct{}), make(chan struct{})
	n.b.connect()
	go n.propose(r, n.quit, n.done)
}

// connect connects those that are not cut off.
func (b *bubble) connect() {
	for _, n := range b.nodes {
		for _, m := range b.nodes {
			if n == m || n.r == nil || m.r == nil {
				continue
			}
			from, to := b.links[n.address()], b.links[m.address()]
			if n.cut || m.cut {
				from.Disconnect(to.LocalAddr())
			} else {
				from.Connect(to.LocalAddr(), to)
			}
		}
	}
}

func (n *bubbleNode) address() raft.ServerAddress { return raft.ServerAddress(n.node.ServerID()) }

// propose proposes new rows while the replica leads.
func (n *bubbleNode) propose(r *Replica, quit, done chan struct{}) {
	defer close(done)
	var l partition.Leadership
	for {
		select {
		case l = <-r.Leadership():
		case <-quit:
			return
		case <-time.After(10 * time.Millisecond):
		}
		if !l.Leader {
			continue
		}
		b := n.b
		b.mu.Lock()
		b.next++
		key := fmt.Sprintf("k%06d", b.next)
		b.mu.Unlock()
		entry, rows := batch(key, fmt.Sprint(n.number))
		err := r.Propose(l.Term, entry, rows)
		b.mu.Lock()
		b.outcomes[key] = err
		b.mu.Unlock()
		if err != nil {
			l.Leader = false
		}
	}
}

// fault does something to the cluster.
func (b *bubble) fault() {
	n := b.nodes[b.dice.IntN(len(b.nodes))]
	switch b.dice.IntN(8) {
	case 0, 1:
		if b.cut() < (len(b.nodes)-1)/2 || b.dice.IntN(4) == 0 { // sometimes nobody has a majority
			b.counts.isolations++
			n.cut = true
			b.connect()
		}
	case 2, 3:
		for _, m := range b.nodes {
			m.cut = false
		}
		b.connect()
	case 4:
		b.counts.crashes++
		n.crash()
		n.openNode()
		n.openReplica(nil)
	case 5:
		b.counts.snapshots++
		_ = n.r.Snapshot() // nothing new is no matter
	case 6:
		b.counts.transfers++
		_ = n.r.TransferLeadership()
	case 7:
		if b.dice.IntN(3) == 0 {
			b.loseDisk(n)
		}
	}
}

func (b *bubble) cut() (count int) {
	for _, n := range b.nodes {
		if n.cut {
			count++
		}
	}
	return count
}

// crash ends a node as a loss of power does. From one moment on its disk takes nothing more, so that
// it can acknowledge nothing that is not in what it finds afterwards.
func (n *bubbleNode) crash() {
	n.files.mu.Lock()
	dead := func(int) error { return errIO }
	n.files.onWrite, n.files.onSync = dead, dead
	n.files.mu.Unlock()
	n.state.Crash()
	after := n.files.crash(func() bool { return n.b.dice.IntN(2) == 0 })
	close(n.quit)
	<-n.done
	n.r.Close()    // with the error of its disk
	n.node.Close() //nolint:errcheck // likewise
	n.files = after
}

// loseDisk takes a node its disk while the cluster is well, and brings it back as a coordinator does.
func (b *bubble) loseDisk(n *bubbleNode) {
	b.heal()
	time.Sleep(5 * time.Second)
	old := n.node.ServerID()
	n.crash()
	b.counts.diskLosses++
	n.files, n.states = newFaultDisk(), storage.NewMemoryDisk()
	entries, err := os.ReadDir(n.dir)
	must(b.t, err)
	for _, e := range entries {
		must(b.t, os.RemoveAll(filepath.Join(n.dir, e.Name())))
	}
	n.openNode()
	n.openReplica(nil)
	id := n.node.ServerID()
	for _, change := range []func(*Replica) error{
		func(r *Replica) error { return r.Remove(old) },
		func(r *Replica) error { return r.AddNonvoter(id) },
		func(r *Replica) error {
			if ok, _ := r.CaughtUp(id); !ok {
				return errors.New("not yet")
			}
			return r.AddVoter(id)
		},
	} {
		b.atLeader(change)
	}
}

// atLeader makes a change at whoever leads.
func (b *bubble) atLeader(change func(*Replica) error) {
	var err error
	for range 600 {
		for _, n := range b.nodes {
			if n.r.Raft().State() == raft.Leader {
				if err = change(n.r); err == nil {
					return
				}
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	for _, n := range b.nodes {
		_, end := n.r.LastIndex()
		b.t.Logf("%s: %v, term %d, log ends at %d, applied %d, members %v, followers %v", n.node.ServerID(), n.r.Raft().State(),
			n.r.Term(), end, n.state.AppliedIndex(), n.r.Members().Servers, n.r.transport.followers)
	}
	b.t.Fatalf("a change of the members does not come about: %v", err)
}

func (b *bubble) heal() {
	for _, n := range b.nodes {
		n.cut = false
	}
	b.connect()
}

// judge compares all members with each other and with what was acknowledged.
func (b *bubble) judge() {
	last := b.nodes[0].state.AppliedIndex()
	hash, _ := b.nodes[0].r.HashAt(last)
	var picture string
	for i, n := range b.nodes {
		if at := n.state.AppliedIndex(); at != last {
			b.t.Fatalf("node %d has applied %d entries, node 0 %d", i, at, last)
		}
		if h, ok := n.r.HashAt(last); !ok || h != hash {
			b.t.Errorf("node %d: hash %x at %d, node 0 has %x", i, h, last, hash)
		}
		if got := n.picture(); i == 0 {
			picture = got
		} else if got != picture {
			b.t.Errorf("node %d has another state than node 0: %s", i, b.nodes[0].differences(n))
		}
		exported, _ := keysFrom(b.t, n.r, 1)
		if got := len(unique(exported)); got != n.count() {
			b.t.Errorf("node %d: its log has %d batches for exporters, its state %d rows", i, got, n.count())
		}
	}
	for key, err := range b.outcomes {
		value, there := b.nodes[0].state.Get([]byte(key))
		switch {
		case err == nil:
			b.counts.acknowledged++
			if !there {
				b.t.Errorf("%s was acknowledged and is lost", key)
			}
		case errors.Is(err, partition.ErrNotLeader):
			b.counts.refused++
			if there {
				b.t.Errorf("%s was surely refused and is there, from node %s", key, value)
			}
		default:
			b.counts.unknown++
		}
	}
	if b.counts.acknowledged == 0 {
		b.t.Error("nothing was acknowledged")
	}
}

func unique(keys []string) map[string]bool {
	all := map[string]bool{}
	for _, k := range keys {
		all[k] = true
	}
	return all
}

func (n *bubbleNode) count() (rows int) {
	n.state.Scan([]byte("k"), []byte("l"), func(_, _ []byte) bool { rows++; return true })
	return rows
}

func (n *bubbleNode) picture() string {
	var text []byte
	n.state.Scan([]byte{0}, nil, func(k, v []byte) bool {
		text = append(strconv.AppendQuote(text, string(k)), v...)
		return true
	})
	return string(text)
}

// differences names rows that two nodes do not have alike.
func (n *bubbleNode) differences(m *bubbleNode) (text string) {
	for pass, pair := range [][2]*bubbleNode{{n, m}, {m, n}} {
		found := 0
		pair[0].state.Scan([]byte{0}, nil, func(k, v []byte) bool {
			if w, there := pair[1].state.Get(k); !there || string(w) != string(v) {
				found++
				text += fmt.Sprintf("%q is %.20q here, %.20q (%v) there; ", k, v, w, there)
			}
			return found < 5
		})
		if pass == 0 {
			text += "and the other way round: "
		}
	}
	return text
}

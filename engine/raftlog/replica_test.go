package raftlog

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/storage"
)

// quiet is a replica that flushes only when a test says so.
func quiet() ReplicaConfig {
	return ReplicaConfig{
		Partition: 1, SnapshotInterval: time.Hour,
		Storage: storage.Options{FlushInterval: time.Hour, DurableInterval: time.Hour},
	}
}

type running struct {
	node *Node
	*Replica
	term  uint64
	leads bool
}

// start opens a node with one replica and waits until it leads.
func start(t testing.TB, data string, c ReplicaConfig) *running {
	t.Helper()
	n, err := OpenNode(data, NodeOptions{SegmentBytes: 1 << 20, Fatal: func(err error) { t.Error(err) }})
	must(t, err)
	r, err := n.OpenReplica(c)
	must(t, err)
	run := &running{node: n, Replica: r}
	run.lead(t)
	return run
}

func (r *running) lead(t testing.TB) {
	t.Helper()
	for {
		select {
		case l := <-r.Leadership():
			if l.Leader {
				r.term = l.Term
				return
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no leadership within 10 s")
		}
	}
}

func (r *running) stop(t testing.TB) {
	t.Helper()
	must(t, r.Replica.Close())
	must(t, r.node.Close())
}

// batch is a coded batch that puts one row, and its rows as every node applies them.
func batch(key, value string) ([]byte, []record.Row) {
	b := record.Batch{Rows: []record.Row{{Op: record.RowPut, Key: []byte(key), Value: []byte(value)}}}
	entry := b.Append(nil)
	return entry, b.AppliedRows()
}

func (r *running) put(t testing.TB, key, value string) {
	t.Helper()
	entry, rows := batch(key, value)
	must(t, r.Propose(r.term, entry, rows))
}

func (r *running) want(t testing.TB, key, value string) {
	t.Helper()
	if got, _ := r.Store().Get([]byte(key)); string(got) != value {
		t.Errorf("%s is %q, want %q", key, got, value)
	}
}

func TestASingleNodeLeadsSoonAndKeepsWhatWasProposed(t *testing.T) {
	data := t.TempDir()
	began := time.Now()
	r := start(t, data, quiet())
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v to lead", took)
	}
	r.put(t, "a1", "x")
	r.want(t, "a1", "x")
	r.stop(t)
	r = start(t, data, quiet())
	r.want(t, "a1", "x")
	r.put(t, "a2", "y")
	r.want(t, "a2", "y")
	r.stop(t)
}

// TestAKilledNodeReplaysTheLogBehindItsState copies the data folder while the node runs, as kill -9
// would leave it, at three moments: nothing flushed, flushed, shortened.
func TestAKilledNodeReplaysTheLogBehindItsState(t *testing.T) {
	data := t.TempDir()
	r := start(t, data, quiet())
	defer r.stop(t)
	must(t, r.SetExportLimit(math.MaxUint64))
	for i, settle := range []func() error{
		func() error { return nil },
		r.Store().Flush,
		r.Replica.Snapshot,
	} {
		for j := range 20 {
			r.put(t, fmt.Sprintf("a%d-%d", i, j), "x")
		}
		must(t, settle())
		r.put(t, fmt.Sprintf("a%d-last", i), "y")
		killed := filepath.Join(t.TempDir(), "killed")
		must(t, os.CopyFS(killed, os.DirFS(data)))
		s := start(t, killed, quiet())
		for k := range i + 1 {
			for j := range 20 {
				s.want(t, fmt.Sprintf("a%d-%d", k, j), "x")
			}
			s.want(t, fmt.Sprintf("a%d-last", k), "y")
		}
		s.put(t, "a", "z")
		s.stop(t)
	}
}

func TestABatchDecidedInAnotherTermHasNoEffect(t *testing.T) {
	r := start(t, t.TempDir(), quiet())
	defer r.stop(t)
	entry, rows := batch("a1", "stale")
	if err := r.Propose(r.term-1, entry, rows); !errors.Is(err, partition.ErrNotLeader) {
		t.Errorf("error %v, want ErrNotLeader", err)
	}
	r.want(t, "a1", "")
}

func TestExportersReadCommittedBatchesAlsoThoseRaftForgot(t *testing.T) {
	data := t.TempDir()
	r := start(t, data, quiet())
	var want []string
	for i := range 300 {
		key := fmt.Sprintf("a%03d", i)
		r.put(t, key, string(make([]byte, 10<<10)))
		want = append(want, key)
	}
	must(t, r.Snapshot())
	if first, _ := r.view.FirstIndex(); first != 0 {
		t.Fatalf("raft still sees entries from %d", first)
	}
	read := func(r *running, from uint64) (keys []string, indexes []uint64) {
		_, err := r.Read(context.Background(), from, func(index uint64, entry []byte) error {
			rows, err := record.DecodeRows(entry)
			keys, indexes = append(keys, string(rows[0].Key)), append(indexes, index)
			return err
		})
		must(t, err)
		return keys, indexes
	}
	keys, indexes := read(r, 0)
	if fmt.Sprint(keys) != fmt.Sprint(want) {
		t.Fatalf("read %d batches, want %d", len(keys), len(want))
	}
	r.stop(t)
	r = start(t, data, quiet())
	if keys, _ = read(r, 0); fmt.Sprint(keys) != fmt.Sprint(want) {
		t.Fatalf("after a restart: read %d batches, want %d", len(keys), len(want))
	}
	must(t, r.SetExportLimit(indexes[250]))
	var truncated *TruncatedError
	if _, err := r.Read(context.Background(), 0, nil); !errors.As(err, &truncated) || truncated.Oldest > indexes[250]+1 {
		t.Errorf("error %v", err)
	}
	if keys, _ = read(r, indexes[250]+1); fmt.Sprint(keys) != fmt.Sprint(want[251:]) {
		t.Errorf("behind the export limit: %d batches, want %d", len(keys), len(want)-251)
	}
	r.stop(t)
}

func TestAReaderWaitsForTheNextBatchAndEndsWithTheReplica(t *testing.T) {
	r := start(t, t.TempDir(), quiet())
	got := make(chan string, 1)
	ended := make(chan error)
	go func() {
		for next := uint64(0); ; {
			var err error
			next, err = r.Read(context.Background(), next, func(_ uint64, entry []byte) error {
				rows, err := record.DecodeRows(entry)
				got <- string(rows[0].Key)
				return err
			})
			if err == nil {
				err = r.Wait(context.Background(), next)
			}
			if err != nil {
				ended <- err
				return
			}
		}
	}()
	r.put(t, "a1", "x")
	if key := <-got; key != "a1" {
		t.Errorf("read %q", key)
	}
	r.stop(t)
	if err := <-ended; !errors.Is(err, ErrStopped) {
		t.Errorf("ended with %v", err)
	}
}

func TestASecondProcessOnTheDataFolderIsRefused(t *testing.T) {
	data := t.TempDir()
	n, err := OpenNode(data, NodeOptions{ID: 3})
	must(t, err)
	var inUse *InUseError
	if _, err := OpenNode(data, NodeOptions{ID: 3}); !errors.As(err, &inUse) || inUse.Dir != data {
		t.Errorf("error %v", err)
	}
	id := n.ServerID()
	must(t, n.Close())
	n, err = OpenNode(data, NodeOptions{ID: 3})
	must(t, err)
	if n.ServerID() != id {
		t.Errorf("the node is now %s, it was %s", n.ServerID(), id)
	}
	must(t, n.Close())
	if _, err := OpenNode(data, NodeOptions{ID: 4}); err == nil {
		t.Error("another node may use the folder")
	}
}

func TestAFullDiskIsReportedAndRecovers(t *testing.T) {
	d := newFaultDisk()
	n, err := OpenNode(t.TempDir(), NodeOptions{Files: d, SegmentBytes: testSegment, MinFree: 1 << 20})
	must(t, err)
	defer n.Close()
	now := time.Unix(100, 0)
	must(t, n.Full(now))
	d.free = 1 << 10
	must(t, n.Full(now.Add(time.Second/2)))
	var full *FullError
	if err := n.Full(now.Add(time.Second)); !errors.As(err, &full) || full.Free != 1<<10 {
		t.Errorf("error %v", err)
	}
	d.free = 1 << 30
	must(t, n.Full(now.Add(2*time.Second)))
}

func TestAMissingStateIsNotTakenForAnEmptyOne(t *testing.T) {
	data := t.TempDir()
	r := start(t, data, quiet())
	r.put(t, "a1", "x")
	must(t, r.Snapshot())
	r.put(t, "a2", "x")
	r.stop(t)
	must(t, os.RemoveAll(filepath.Join(data, "partitions")))
	n, err := OpenNode(data, NodeOptions{})
	must(t, err)
	defer n.Close()
	if _, err := n.OpenReplica(quiet()); err == nil {
		t.Error("the replica starts without the state that the log continues")
	}
}

func TestAFailingLogStopsAcknowledging(t *testing.T) {
	d := newFaultDisk()
	told := make(chan error, 9)
	n, err := OpenNode(t.TempDir(), NodeOptions{Files: d, SegmentBytes: 1 << 20, Fatal: func(err error) { told <- err }})
	must(t, err)
	r, err := n.OpenReplica(quiet())
	must(t, err)
	run := &running{node: n, Replica: r}
	run.lead(t)
	run.put(t, "a1", "x")
	d.mu.Lock()
	failed := false
	d.onSync = func(int) error {
		if failed {
			return nil // as after the kernel dropped the pages
		}
		failed = true
		return errIO
	}
	d.mu.Unlock()
	entry, rows := batch("a2", "x")
	for range 5 {
		if err := r.Propose(run.term, entry, rows); !errors.Is(err, errIO) {
			t.Errorf("error %v, want the disk's", err)
		}
	}
	if err := <-told; !errors.Is(err, errIO) {
		t.Errorf("told %v", err)
	}
	run.want(t, "a2", "")
	r.Close()
	n.Close()
}

// cluster is three nodes in one process.
type cluster struct {
	nodes []*running
	links []*raft.InmemTransport
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{}
	var voters []raft.Server
	for i := range 3 {
		n, err := OpenNode(t.TempDir(), NodeOptions{ID: int32(i), SegmentBytes: 1 << 20})
		must(t, err)
		address := raft.ServerAddress(n.ServerID())
		_, link := raft.NewInmemTransport(address)
		c.nodes, c.links = append(c.nodes, &running{node: n}), append(c.links, link)
		voters = append(voters, raft.Server{ID: n.ServerID(), Address: address})
	}
	c.heal()
	for i, n := range c.nodes {
		conf := quiet()
		conf.Transport, conf.Voters, conf.Trailing = c.links[i], voters, 16
		r, err := n.node.OpenReplica(conf)
		must(t, err)
		n.Replica = r
	}
	return c
}

func (c *cluster) heal() {
	for i, a := range c.links {
		for j, b := range c.links {
			if i != j {
				a.Connect(b.LocalAddr(), b)
			}
		}
	}
}

func (c *cluster) isolate(i int) {
	for j, b := range c.links {
		if i != j {
			c.links[i].Disconnect(b.LocalAddr())
			b.Disconnect(c.links[i].LocalAddr())
		}
	}
}

// leader waits for one among the nodes.
func (c *cluster) leader(t *testing.T, but int) int {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for i, n := range c.nodes {
			select {
			case l := <-n.Leadership():
				n.term = l.Term
				if l.Leader && i != but {
					return i
				}
			default:
			}
		}
	}
	t.Fatal("nobody leads")
	return 0
}

func (c *cluster) stop(t *testing.T) {
	for _, n := range c.nodes {
		n.stop(t)
	}
}

func waitFor(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

func TestAnIsolatedLeaderLosesItsUnacknowledgedBatch(t *testing.T) {
	c := startCluster(t)
	defer c.stop(t)
	old := c.leader(t, -1)
	c.nodes[old].put(t, "a1", "before")
	c.isolate(old)
	entry, rows := batch("a1", "lost")
	if err := c.nodes[old].Propose(c.nodes[old].term, entry, rows); !errors.Is(err, partition.ErrUnknownOutcome) {
		t.Errorf("the isolated leader says %v", err)
	}
	now := c.leader(t, old)
	c.nodes[now].put(t, "a1", "after")
	c.heal()
	for i, n := range c.nodes {
		waitFor(t, fmt.Sprintf("node %d catches up", i), func() bool {
			lock := n.Store().RLocker()
			lock.Lock()
			defer lock.Unlock()
			v, _ := n.Store().Get([]byte("a1"))
			return string(v) == "after"
		})
	}
}

func TestAFollowerFarBehindGetsTheStateAsFiles(t *testing.T) {
	c := startCluster(t)
	defer c.stop(t)
	leader := c.leader(t, -1)
	behind := (leader + 1) % 3
	c.isolate(behind)
	l := c.nodes[leader]
	for i := range 300 { // more than the entries that raft keeps behind a snapshot
		l.put(t, fmt.Sprintf("a%05d", i), "x")
	}
	must(t, l.Snapshot())
	c.heal()
	n := c.nodes[behind]
	waitFor(t, "the follower catches up", func() bool { return n.Store().AppliedIndex() >= l.Store().AppliedIndex() })
	lock := n.Store().RLocker()
	lock.Lock()
	n.want(t, "a00000", "x")
	n.want(t, "a00299", "x")
	lock.Unlock()
	if n.Store().FlushedIndex() == 0 {
		t.Error("the state was not installed from files")
	}
}

// Raft panics when it cannot save its term; it must not take the process with it, which has an error to tell.
func TestADiskThatFailsBetweenTwoTermsIsAnErrorNotAPanic(t *testing.T) {
	d := newFaultDisk()
	told := make(chan error, 9)
	n, err := OpenNode(t.TempDir(), NodeOptions{Files: d, SegmentBytes: 1 << 20, Fatal: func(err error) { told <- err }})
	must(t, err)
	r, err := n.OpenReplica(quiet())
	must(t, err)
	run := &running{node: n, Replica: r}
	run.lead(t)
	d.mu.Lock()
	d.onSync = func(int) error { return errIO }
	d.mu.Unlock()
	entry, rows := batch("a1", "x")
	if err := r.Propose(run.term, entry, rows); !errors.Is(err, errIO) {
		t.Errorf("error %v, want the disk's", err)
	}
	if err := <-told; !errors.Is(err, errIO) {
		t.Errorf("told %v", err)
	}
	time.Sleep(200 * time.Millisecond) // several election timeouts of a node that lost its leadership
	r.Close()
	n.Close()
}

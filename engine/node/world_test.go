package node

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/payhub/payhub/engine/cluster/gossip"
	"github.com/payhub/payhub/engine/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a cluster of nodes in this process, over loopback.
type world struct {
	t      *testing.T
	dir    string
	size   int
	change func(*Config) // of every node's settings, nil: none

	mu    sync.Mutex
	nodes map[int32]*Node
	known []string // gossip addresses of nodes that were started
	fatal map[int32]error

	opening sync.WaitGroup
	cancels map[int32]context.CancelFunc
}

// shape is how a cluster begins.
type shape struct {
	nodes, partitions, factor int
	change                    func(*Config)
}

// newWorld forms a cluster and waits until all its partitions are led.
func newWorld(t *testing.T, s shape) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), size: s.nodes, nodes: map[int32]*Node{}, fatal: map[int32]error{}, cancels: map[int32]context.CancelFunc{}}
	w.change = func(c *Config) {
		c.Cluster.Partitions, c.Cluster.Factor = s.partitions, s.factor
		if s.change != nil {
			s.change(c)
		}
	}
	t.Cleanup(w.close)
	ids := make([]int32, s.nodes)
	for i := range ids {
		ids[i] = int32(i)
	}
	w.start(ids...)
	w.waitFor("all partitions are led", func() error { return w.ready() })
	return w
}

// start starts nodes and waits until they belong to the cluster.
func (w *world) start(ids ...int32) {
	w.t.Helper()
	for _, result := range w.begin(ids...) {
		if err := <-result; err != nil {
			w.t.Fatal(err)
		}
	}
}

// begin starts nodes without waiting for them.
func (w *world) begin(ids ...int32) []chan error {
	w.t.Helper()
	var all []Config
	for _, id := range ids {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			w.t.Fatal(err)
		}
		sockets, err := gossip.Bind("127.0.0.1:0")
		if err != nil {
			w.t.Fatal(err)
		}
		w.known = append(w.known, sockets.Addr())
		c := Config{
			Data: w.data(id), ID: id, Version: "test", Cluster: Cluster{ID: "test", Size: w.size},
			Network:     &Network{Listener: listener, GossipSockets: sockets},
			GRPCAddress: fmt.Sprintf("127.0.0.1:%d", 20000+id), Heartbeat: 300 * time.Millisecond, MinFree: 1 << 20,
			Logger: w.logger(id), IdempotencyRetention: time.Hour,
		}
		c.Fatal = func(err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.fatal[id] = err
		}
		w.change(&c)
		all = append(all, c)
	}
	var results []chan error
	for _, c := range all {
		c.Network.ContactPoints = slices.Clone(w.known)
		done := make(chan error, 1)
		results = append(results, done)
		ctx, cancel := context.WithCancel(w.t.Context())
		w.t.Cleanup(cancel)
		w.mu.Lock()
		w.cancels[c.ID] = cancel
		w.mu.Unlock()
		w.opening.Add(1)
		go func() {
			defer w.opening.Done()
			n, err := Open(ctx, c)
			if err == nil {
				w.mu.Lock()
				w.nodes[c.ID] = n
				w.mu.Unlock()
			}
			done <- err
		}()
	}
	return results
}

func (w *world) data(id int32) string { return filepath.Join(w.dir, fmt.Sprint(id)) }

// logger prints what nodes say when the test is verbose and NODE_LOG is set.
func (w *world) logger(id int32) *slog.Logger {
	if os.Getenv("NODE_LOG") == "" {
		return slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil)).With("node", id)
}

// node gives a node that runs.
func (w *world) node(id int32) *Node {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.nodes[id]
}

// running lists the nodes that run.
func (w *world) running() []*Node {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []*Node
	for _, n := range w.nodes {
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b *Node) int { return int(a.config.ID - b.config.ID) })
	return list
}

// stop ends nodes in order.
func (w *world) stop(ids ...int32) {
	w.t.Helper()
	for _, id := range ids {
		w.mu.Lock()
		n := w.nodes[id]
		delete(w.nodes, id)
		w.mu.Unlock()
		if err := n.Close(); err != nil {
			w.t.Errorf("node %d ended with %v", id, err)
		}
	}
}

func (w *world) close() {
	w.opening.Wait()
	var ends sync.WaitGroup
	for _, n := range w.running() {
		ends.Go(func() { n.Close() }) //nolint:errcheck // the test is over
	}
	ends.Wait()
}

// loseDisk removes what a node that does not run has.
func (w *world) loseDisk(id int32) {
	w.t.Helper()
	if err := os.RemoveAll(w.data(id)); err != nil {
		w.t.Fatal(err)
	}
}

// ready is an error while some partition is not led, or some node is not ready.
func (w *world) ready() error {
	for _, n := range w.running() {
		if err := n.Ready(); err != nil {
			return fmt.Errorf("node %d: %w", n.config.ID, err)
		}
		for _, p := range n.configuration().Partitions {
			if w.leader(p.ID) == nil {
				return fmt.Errorf("nobody leads partition %d", p.ID)
			}
			if n.router.Leader(p.ID) == "" {
				return fmt.Errorf("node %d does not know who leads partition %d", n.config.ID, p.ID)
			}
		}
	}
	return nil
}

// leader is the node that leads a partition.
func (w *world) leader(id int32) *Node {
	for _, n := range w.running() {
		if h := n.partition(id); h != nil && h.Partition.Leads() {
			return n
		}
	}
	return nil
}

// patience is how long a test waits for what should come; slow machines need it.
const patience = 60 * time.Second

// waitFor waits until a condition holds.
func (w *world) waitFor(what string, check func() error) {
	w.t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	w.t.Fatalf("%s: %v", what, err)
}

// settled is an error while a change is under way, or Raft's voters are not the configuration's, or a
// node has a partition that is not its own.
func (w *world) settled() error {
	if err := w.ready(); err != nil {
		return err
	}
	version := w.running()[0].configuration().Version
	for _, n := range w.running() {
		c := n.configuration()
		switch {
		case c.Version != version:
			return fmt.Errorf("node %d has version %d and not %d", n.config.ID, c.Version, version)
		case c.Change != nil:
			return fmt.Errorf("change %d: %d of %d", c.Change.ID, c.Change.Done, len(c.Change.Operations))
		case len(n.Hosted()) != len(c.Hosted(n.config.ID, n.generation())):
			return fmt.Errorf("node %d has %d partitions", n.config.ID, len(n.Hosted()))
		}
		for _, p := range c.Partitions {
			if err := w.agrees(p.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// agrees compares Raft's voters of a partition with the configuration.
func (w *world) agrees(id int32) error {
	n := w.leader(id)
	if n == nil {
		return fmt.Errorf("partition %d has no leader", id)
	}
	p, _ := n.configuration().Partition(id)
	var want, have []string
	for _, r := range p.Replicas {
		want = append(want, r.ServerID())
	}
	for _, s := range n.partition(id).Replica.Members().Servers {
		have = append(have, string(s.ID))
		if s.Suffrage != 0 {
			return fmt.Errorf("partition %d: %s has no vote", id, s.ID)
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(want, have) {
		return fmt.Errorf("partition %d: Raft has %v, the configuration %v", id, have, want)
	}
	return nil
}

const testModel = `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="http://payhub/test/node">
  <process id="work" isExecutable="true">
    <startEvent id="start"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="task"/>
    <serviceTask id="task"><extensionElements><zeebe:taskDefinition type="work"/></extensionElements></serviceTask>
    <sequenceFlow id="f2" sourceRef="task" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>`

// deploy deploys the test's model through a node.
func (w *world) deploy(n *Node) {
	w.t.Helper()
	answer, err := n.Router().Submit(w.t.Context(), 1, record.NewCommand(-1, record.DeploymentCreate, &record.Deployment{
		Resources:     []record.DeploymentResource{{ResourceName: "work.bpmn", Resource: []byte(testModel)}},
		DeploymentKey: -1, TenantID: record.DefaultTenant,
	}))
	if err != nil || answer.IsRejection() {
		w.t.Fatalf("deploy: %v %s", err, answer.RejectionReason)
	}
}

// create starts an instance at a partition, through a node.
func create(ctx context.Context, n *Node, partition int32) (key int64, err error) {
	answer, err := n.Router().Submit(ctx, partition, record.NewCommand(-1, record.ProcessInstanceCreationCreate, &record.ProcessInstanceCreation{
		BpmnProcessID: "work", ProcessDefinitionKey: -1, Version: -1, TenantID: record.DefaultTenant,
	}))
	if err != nil {
		return 0, err
	}
	if answer.IsRejection() {
		return 0, fmt.Errorf("rejected: %s", answer.RejectionReason)
	}
	return answer.Value.(*record.ProcessInstanceCreation).ProcessInstanceKey, nil
}

package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a cluster of routers on loopback, with partitions whose logs are only lists.
type world struct {
	t     *testing.T
	nodes []*node
	logs  map[int32]*fakeLog
}

// node is one router with its listener and the connections it has made, which a test can cut.
type node struct {
	*Router
	w       *world
	id      string
	address string
	serves  chan error
	closed  sync.Once

	mu    sync.Mutex
	conns map[string][]net.Conn // by the server they lead to
	shut  map[string]bool       // servers that cannot be reached
	slow  time.Duration         // each write to others takes so long
	down  bool
}

// newWorld starts nodes named n0, n1, …; partition p has a replica on each, and n(p-1) modulo their
// number leads it in term 1.
func newWorld(t *testing.T, nodes, partitions int, change func(*Config)) *world {
	t.Helper()
	w := &world{t: t, logs: map[int32]*fakeLog{}}
	for i := range nodes {
		w.start(i, int32(partitions), change)
	}
	for id := int32(1); id <= int32(partitions); id++ {
		w.logs[id] = &fakeLog{id: id, accepted: map[uint64]int{}}
		for _, n := range w.nodes {
			n.Add(id, &replica{node: n, log: w.logs[id]})
		}
	}
	for _, n := range w.nodes {
		n.MembersChanged()
	}
	for id := int32(1); id <= int32(partitions); id++ {
		w.elect(id, (int(id)-1)%nodes)
	}
	t.Cleanup(w.stop)
	for id := int32(1); id <= int32(partitions); id++ {
		for _, n := range w.nodes {
			eventually(t, n.id+" knows the leaders", func() bool { return n.Leader(id) == w.nodes[(int(id)-1)%nodes].id })
		}
	}
	return w
}

func (w *world) start(i int, partitions int32, change func(*Config)) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	n := &node{
		w: w, id: fmt.Sprintf("n%d", i), address: listener.Addr().String(), serves: make(chan error, 1),
		conns: map[string][]net.Conn{}, shut: map[string]bool{},
	}
	config := Config{
		ClusterID: "test", NodeID: int32(i), ServerID: n.id, Host: "127.0.0.1", Port: int32(26500 + i), Partitions: partitions,
		Peers: n.peers, Dial: n.dial, Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&config)
	}
	n.Router = NewRouter(config)
	go func() { n.serves <- n.Serve(listener) }()
	w.nodes = append(w.nodes, n)
}

// elect makes a node the leader of a partition in the next term.
func (w *world) elect(id int32, to int) {
	log := w.logs[id]
	log.mu.Lock()
	old := log.leader
	log.term++
	log.leader = w.nodes[to]
	term := log.term
	log.mu.Unlock()
	if old != nil && old != w.nodes[to] {
		old.Led(id, false, term-1, nil)
	}
	w.nodes[to].Led(id, true, term, nil)
}

func (w *world) stop() {
	for _, n := range w.nodes {
		n.kill()
	}
}

// kill ends a node as a crash does, as far as others see.
func (n *node) kill() {
	n.closed.Do(func() {
		n.mu.Lock()
		n.down = true
		n.mu.Unlock()
		n.Close()
		if err := <-n.serves; err != nil {
			n.w.t.Errorf("%s: Serve: %v", n.id, err)
		}
		for _, other := range n.w.nodes {
			if other != n {
				other.cut(n.id)
			}
		}
	})
}

func (n *node) peers() (all []Peer) {
	for i, other := range n.w.nodes {
		other.mu.Lock()
		down := other.down
		other.mu.Unlock()
		if other != n && !down {
			all = append(all, Peer{ServerID: other.id, NodeID: int32(i), Host: "127.0.0.1", Port: int32(26500 + i)})
		}
	}
	return all
}

func (n *node) dial(ctx context.Context, server string) (net.Conn, error) {
	n.mu.Lock()
	shut := n.shut[server]
	n.mu.Unlock()
	if shut {
		return nil, fmt.Errorf("%s is cut off", server)
	}
	for _, other := range n.w.nodes {
		if other.id == server {
			c, err := new(net.Dialer).DialContext(ctx, "tcp", other.address)
			if err != nil {
				return nil, err
			}
			c = &wire{Conn: c, node: n}
			n.mu.Lock()
			n.conns[server] = append(n.conns[server], c)
			n.mu.Unlock()
			return c, nil
		}
	}
	return nil, fmt.Errorf("there is no node %s", server)
}

// wire is a connection that can be slow.
type wire struct {
	net.Conn
	node *node
}

func (c *wire) Write(b []byte) (int, error) {
	c.node.mu.Lock()
	slow := c.node.slow
	c.node.mu.Unlock()
	if slow > 0 {
		time.Sleep(slow)
	}
	return c.Conn.Write(b)
}

// cut breaks the connections to a server; with closed, no new one can be made.
func (n *node) cut(server string) {
	n.mu.Lock()
	conns := n.conns[server]
	n.conns[server] = nil
	n.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
}

// isolate makes a server unreachable, or reachable again.
func (n *node) isolate(server string, shut bool) {
	n.mu.Lock()
	n.shut[server] = shut
	n.mu.Unlock()
	if shut {
		n.cut(server)
	}
}

// fakeLog is a partition's log: what was accepted, by the commands' references, as an independent
// record of what happened.
type fakeLog struct {
	id int32

	mu       sync.Mutex
	term     uint64
	leader   *node
	accepted map[uint64]int
	posted   []record.Record
}

func (l *fakeLog) count(reference uint64) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accepted[reference]
}

// replica is a partition on one node.
type replica struct {
	node  *node
	log   *fakeLog
	wait  atomic.Pointer[func(ctx context.Context, command record.Record) error] // before accepting
	after atomic.Pointer[func(ctx context.Context, command record.Record) error] // after accepting
	full  atomic.Bool
}

func (p *replica) Leads() bool {
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	return p.log.leader == p.node
}

// Submit accepts a command while the replica leads, and answers with the command's own value.
func (p *replica) Submit(ctx context.Context, command record.Record) (record.Record, error) {
	if p.full.Load() {
		return record.Record{}, fmt.Errorf("%w: 4096 commands wait", partition.ErrQueueFull)
	}
	if wait := p.wait.Load(); wait != nil {
		if err := (*wait)(ctx, command); err != nil {
			return record.Record{}, err
		}
	}
	p.log.mu.Lock()
	if p.log.leader != p.node {
		p.log.mu.Unlock()
		return record.Record{}, partition.ErrNotLeader
	}
	p.log.accepted[command.OperationReference]++
	p.log.mu.Unlock()
	if after := p.after.Load(); after != nil {
		if err := (*after)(ctx, command); err != nil {
			return record.Record{}, err
		}
	}
	answer := command
	answer.Type, answer.Intent, answer.Position, answer.Timestamp = record.Event, command.Intent+1, 7, 1234567
	return answer, nil
}

func (p *replica) Post(command record.Record) {
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	p.log.posted = append(p.log.posted, command)
}

// fakeMachine answers the questions of a cluster.
type fakeMachine struct{ partition.Machine }

func (fakeMachine) Knows(key int64) bool { return key%2 == 0 }

func (fakeMachine) Configuration() (int64, []byte) { return 3, []byte("document") }

func (p *replica) Query(_ context.Context, ask func(partition.Machine)) error {
	if !p.Leads() {
		return partition.ErrNotLeader
	}
	ask(fakeMachine{})
	return nil
}

func (p *replica) OpenStream(StreamRequest) (*partition.Stream, error) {
	return nil, partition.ErrNotLeader
}

func (p *replica) Stats() partition.Stats { return partition.Stats{Leads: p.Leads()} }

func (w *world) replica(id int32, node int) *replica {
	return w.nodes[node].view.Load().locals[id].(*replica)
}

// complete is a command with a reference of its own.
func complete(id int32, reference uint64) record.Record {
	variables, err := record.ParseDocument([]byte(`{"amount":"10.50","payee":{"id":"27713803912"}}`))
	if err != nil {
		panic(err)
	}
	command := record.NewCommand(record.Key(id, int64(reference)), record.JobComplete, &record.Job{Variables: variables, TenantID: record.DefaultTenant})
	command.OperationReference = reference
	return command
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !holds(); {
		if time.Now().After(end) {
			t.Fatalf("it never came about that %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

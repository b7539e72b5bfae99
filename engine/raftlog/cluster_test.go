package raftlog

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

// network connects nodes over TCP on loopback, as the node-to-node listener does; a node can be cut
// off from the others and come back.
type network struct {
	mu     sync.Mutex
	layers map[raft.ServerAddress]*layer
}

func newNetwork() *network { return &network{layers: map[raft.ServerAddress]*layer{}} }

// layer is one node's raft.StreamLayer.
type layer struct {
	net.Listener
	network *network
	id      raft.ServerAddress

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
}

func (n *network) layer(t testing.TB, id raft.ServerID) *layer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	made := &layer{Listener: l, network: n, id: raft.ServerAddress(id), conns: map[net.Conn]bool{}}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.layers[made.id] = made
	return made
}

type layerAddr string

func (layerAddr) Network() string  { return "test" }
func (a layerAddr) String() string { return string(a) }

// Addr is the node's own id, as it is of the real listener.
func (l *layer) Addr() net.Addr { return layerAddr(l.id) }

var errCut = errors.New("cut off")

// Accept refuses connections while the node is cut off.
func (l *layer) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil || l.keep(c) {
			return c, err
		}
	}
}

// keep remembers a connection, or closes it when the node is cut off.
func (l *layer) keep(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		c.Close()
		return false
	}
	l.conns[c] = true
	return true
}

// Dial connects to another node by its id.
func (l *layer) Dial(to raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	l.network.mu.Lock()
	target := l.network.layers[to]
	l.network.mu.Unlock()
	if target == nil {
		return nil, fmt.Errorf("nobody has the id %s", to)
	}
	c, err := net.DialTimeout("tcp", target.Listener.Addr().String(), timeout)
	if err != nil {
		return nil, err
	}
	if !l.keep(c) {
		return nil, errCut
	}
	return c, nil
}

// setCut cuts the node off or connects it again.
func (l *layer) setCut(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut = cut; cut {
		for c := range l.conns {
			c.Close()
		}
		clear(l.conns)
	}
}

// member is a node of a cluster with its one replica.
type member struct {
	*running
	data  string
	layer *layer
}

// lan is a cluster over TCP.
type lan struct {
	t       testing.TB
	network *network
	members []*member
	change  func(*ReplicaConfig)
}

// newLAN forms a cluster of n voters.
func newLAN(t testing.TB, n int, change func(*ReplicaConfig)) *lan {
	t.Helper()
	c := &lan{t: t, network: newNetwork(), change: change}
	var voters []raft.Server
	for range n {
		m := c.open(t.TempDir())
		voters = append(voters, raft.Server{ID: m.node.ServerID(), Address: raft.ServerAddress(m.node.ServerID())})
	}
	for _, m := range c.members {
		c.replica(m, voters)
	}
	return c
}

// open opens a node on a data folder; its replica is not open yet.
func (c *lan) open(data string) *member {
	c.t.Helper()
	n, err := OpenNode(data, NodeOptions{ID: int32(len(c.members)), SegmentBytes: 1 << 20})
	must(c.t, err)
	m := &member{running: &running{node: n}, data: data}
	c.members = append(c.members, m)
	return m
}

// replica opens a member's replica; without voters it waits to be added.
func (c *lan) replica(m *member, voters []raft.Server) {
	c.t.Helper()
	m.layer = c.network.layer(c.t, m.node.ServerID())
	conf := quiet()
	conf.Transport, conf.Voters = NewTransport(m.layer, nil), voters
	if c.change != nil {
		c.change(&conf)
	}
	r, err := m.node.OpenReplica(conf)
	must(c.t, err)
	m.Replica = r
}

// join brings a new node with an empty disk, which is no member yet.
func (c *lan) join() *member {
	m := c.open(c.t.TempDir())
	c.replica(m, nil)
	return m
}

// leader waits until a member that is neither closed nor among those left out leads.
func (c *lan) leader(but ...*member) *member {
	c.t.Helper()
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for _, m := range c.members {
			if m.Replica == nil || m.closed.Load() {
				continue
			}
			select {
			case l := <-m.Leadership():
				m.term, m.leads = l.Term, l.Leader
			default:
			}
			if m.leads && !contains(but, m) {
				return m
			}
		}
	}
	c.t.Fatal("nobody leads")
	return nil
}

func contains(list []*member, m *member) bool {
	for _, other := range list {
		if other == m {
			return true
		}
	}
	return false
}

// put has the leader commit a row, whoever leads, also when leadership changes meanwhile.
func (c *lan) put(key, value string) *member {
	c.t.Helper()
	entry, rows := batch(key, value)
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); {
		m := c.leader()
		if err := m.Propose(m.term, entry, rows); err == nil {
			return m
		}
		m.leads = false
	}
	c.t.Fatal("nothing is committed")
	return nil
}

// value reads a row of a member.
func (m *running) value(key string) string {
	lock := m.Store().RLocker()
	lock.Lock()
	defer lock.Unlock()
	v, _ := m.Store().Get([]byte(key))
	return string(v)
}

// agree waits until all given members have applied as much as the leader.
func (c *lan) agree(members ...*member) {
	c.t.Helper()
	applied := c.leader().Store().AppliedIndex()
	for _, m := range members {
		waitFor(c.t, "a member catches up", func() bool { return m.Store().AppliedIndex() >= applied })
	}
}

func (c *lan) stop() {
	c.t.Helper()
	for _, m := range c.members {
		m.stopMember(c.t)
	}
}

func (m *member) stopMember(t testing.TB) {
	if m.Replica != nil && !m.closed.Load() {
		must(t, m.Replica.Close())
		m.layer.setCut(true)
	}
	if m.node != nil {
		must(t, m.node.Close())
		m.node = nil
	}
}

// erase stops a member and makes its disk empty.
func (m *member) erase(t testing.TB) {
	t.Helper()
	m.stopMember(t)
	entries, err := os.ReadDir(m.data)
	must(t, err)
	for _, e := range entries {
		must(t, os.RemoveAll(filepath.Join(m.data, e.Name())))
	}
}

func voter(m *member) raft.Server {
	return raft.Server{ID: m.node.ServerID(), Address: raft.ServerAddress(m.node.ServerID())}
}

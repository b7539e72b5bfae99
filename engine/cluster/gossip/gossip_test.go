package gossip

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var discard = slog.New(slog.DiscardHandler)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// node is a member of a cluster under test, with what its callbacks have said.
type node struct {
	*Gossip
	t    *testing.T
	logs *logs

	mu      sync.Mutex
	changes int
	heard   map[string]hearing
}

// hearing is a fact as a callback gave it.
type hearing struct {
	version uint64
	body    string
	at      time.Time
}

// logs keeps what a node logs.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// settings of a node under test.
func settings(id int, generation string) Config {
	return Config{
		Self: Member{
			Node: int32(id), Generation: generation, ClusterID: "payments", Version: "1.2.3",
			NodeAddress: fmt.Sprintf("127.0.0.1:%d", 20000+id), GRPCAddress: fmt.Sprintf("127.0.0.1:%d", 21000+id),
		},
		Listen: "127.0.0.1:0",
	}
}

// start runs a node until the test ends, or until it is closed before.
func start(t *testing.T, c Config) *node {
	t.Helper()
	n := &node{t: t, logs: &logs{}, heard: map[string]hearing{}}
	c.Logger = slog.New(slog.NewTextHandler(n.logs, nil))
	c.Changed = func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.changes++
	}
	c.Fact = func(name string, version uint64, body []byte) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.heard[name] = hearing{version, string(body), time.Now()}
	}
	g, err := Join(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	n.Gossip = g
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log of %s:\n%s", n.ids(), n.logs)
		}
	})
	return n
}

func (n *node) fact(name string) hearing {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.heard[name]
}

// ids are the members that the node knows: "0-a 1-b".
func (n *node) ids() string {
	var all []string
	for _, m := range n.Members() {
		all = append(all, m.ServerID())
	}
	return strings.Join(all, " ")
}

// eventually waits until something holds.
func eventually(t *testing.T, within time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	begin := time.Now()
	for !holds() {
		if time.Since(begin) > within {
			t.Fatalf("not within %v: %s", within, what)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Since(begin)
}

func (n *node) sees(within time.Duration, ids string) time.Duration {
	n.t.Helper()
	return eventually(n.t, within, fmt.Sprintf("%s sees %q, last %q", n.self.ServerID(), ids, n.ids()), func() bool { return n.ids() == ids })
}

// cluster starts n nodes "0-a 1-a …" that know the first one, and waits until each sees all.
func cluster(t *testing.T, n int, change func(*Config)) []*node {
	t.Helper()
	var all []*node
	var contact []string
	for i := range n {
		c := settings(i, "a")
		c.ContactPoints = contact
		if change != nil {
			change(&c)
		}
		all = append(all, start(t, c))
		contact = []string{all[0].Addr()}
	}
	for _, one := range all {
		one.sees(10*time.Second, everyone(n))
	}
	return all
}

func everyone(n int) string {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("%d-a", i))
	}
	return strings.Join(ids, " ")
}

func TestFiveNodesFindEachOther(t *testing.T) {
	nodes := cluster(t, 5, nil)
	for _, n := range nodes {
		for i, m := range n.Members() {
			want := nodes[i].self
			if m != want {
				t.Errorf("%s knows %+v, it is %+v", n.self, m, want)
			}
		}
		eventually(t, time.Second, "the change was said", func() bool {
			n.mu.Lock()
			defer n.mu.Unlock()
			return n.changes > 0
		})
	}
}

func TestAFactIsEverywhereWithin100Milliseconds(t *testing.T) {
	nodes := cluster(t, 5, nil)
	var worst time.Duration
	for round := range 20 {
		name, from := fmt.Sprintf("leader/%d", round%3), nodes[round%5]
		begin := time.Now()
		from.Tell(name, uint64(round)+1, []byte(from.self.ServerID()))
		for _, n := range nodes {
			if n == from {
				continue
			}
			eventually(t, 5*time.Second, "the fact is known", func() bool { return n.fact(name).version == uint64(round)+1 })
			if took := n.fact(name).at.Sub(begin); took > worst {
				worst = took
			}
			if got := n.fact(name).body; got != from.self.ServerID() {
				t.Fatalf("got %q", got)
			}
		}
	}
	t.Logf("slowest of 80: %v", worst)
	if worst > 100*time.Millisecond && !raceDetector {
		t.Errorf("a fact took %v, at most 100ms are promised", worst)
	}
}

func TestTheNewestVersionWins(t *testing.T) {
	nodes := cluster(t, 3, nil)
	nodes[0].Tell("configuration", 7, []byte("seven"))
	nodes[1].Tell("configuration", 9, []byte("nine"))
	nodes[2].Tell("configuration", 8, []byte("eight"))
	for _, n := range nodes {
		eventually(t, 5*time.Second, "version 9 is known", func() bool {
			version, body := n.Known("configuration")
			return version == 9 && string(body) == "nine"
		})
	}
	nodes[2].Tell("configuration", 3, []byte("late"))
	time.Sleep(200 * time.Millisecond)
	for _, n := range nodes {
		if version, _ := n.Known("configuration"); version != 9 {
			t.Errorf("version %d has won over 9", version)
		}
	}
}

func TestALargeFactAndANewcomer(t *testing.T) {
	nodes := cluster(t, 3, nil)
	large := bytes.Repeat([]byte("partition "), 100_000)
	nodes[1].Tell("configuration", 2, large)
	for _, n := range nodes {
		took := eventually(t, 5*time.Second, "the large fact is known", func() bool {
			_, body := n.Known("configuration")
			return bytes.Equal(body, large)
		})
		t.Logf("1 MB: %v", took)
	}
	c := settings(3, "a")
	c.ContactPoints = []string{nodes[2].Addr()}
	late := start(t, c)
	eventually(t, 5*time.Second, "the newcomer knows it", func() bool { return late.fact("configuration").body == string(large) })
}

func TestANodeSaysSomethingElseOfItself(t *testing.T) {
	nodes := cluster(t, 3, nil)
	self := nodes[1].self
	self.GRPCAddress, self.Zone = "payhub-1.example:443", "north"
	if err := nodes[1].Update(t.Context(), self); err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		eventually(t, 5*time.Second, "the change is known", func() bool { return n.Members()[1] == self })
	}
	self.Generation = "b"
	if err := nodes[1].Update(t.Context(), self); err == nil || err.Error() != "gossip: node 1-a cannot become 1-b while it runs" {
		t.Errorf("got %v", err)
	}
}

func TestLeavingIsKnownAtOnce(t *testing.T) {
	nodes := cluster(t, 3, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := nodes[2].Leave(ctx); err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes[:2] {
		t.Logf("known after %v", n.sees(500*time.Millisecond, "0-a 1-a"))
	}
	if err := nodes[2].Close(); err != nil {
		t.Fatal(err)
	}
	c := settings(2, "a")
	c.Listen, c.ContactPoints = nodes[2].Addr(), []string{nodes[0].Addr()}
	back := start(t, c)
	for _, n := range []*node{nodes[0], nodes[1], back} {
		n.sees(5*time.Second, everyone(3))
	}
}

func TestADeadNodeIsKnownSoon(t *testing.T) {
	nodes := cluster(t, 5, nil)
	if err := nodes[4].Close(); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	for _, n := range nodes[:4] {
		n.sees(10*time.Second, everyone(4))
	}
	t.Logf("known everywhere after %v", time.Since(begin))
	if took := time.Since(begin); took > 4*time.Second {
		t.Errorf("it took %v until the death was known", took)
	}
}

func TestANodeComesBackAtAnotherAddress(t *testing.T) {
	nodes := cluster(t, 3, nil)
	if err := nodes[2].Close(); err != nil {
		t.Fatal(err)
	}
	c := settings(2, "a")
	c.ContactPoints = []string{nodes[0].Addr()}
	begin := time.Now()
	back := start(t, c)
	if back.Addr() == nodes[2].Addr() {
		t.Fatal("the address is the same")
	}
	for _, n := range []*node{nodes[0], nodes[1], back} {
		eventually(t, 15*time.Second, "the new address is known", func() bool {
			m := n.Members()
			return len(m) == 3 && m[2].GossipAddress == back.Addr()
		})
	}
	t.Logf("back after %v", time.Since(begin))
}

func TestAContactPointIsGone(t *testing.T) {
	dir := t.TempDir()
	nodes := cluster(t, 3, func(c *Config) {
		c.PeersFile = filepath.Join(dir, fmt.Sprintf("peers-%d.json", c.Self.Node))
	})
	contact := nodes[0].Addr()
	eventually(t, 5*time.Second, "node 2 has written whom it saw", func() bool {
		return len(readPeers(filepath.Join(dir, "peers-2.json"), nodes[2].log)) == 2
	})
	for _, gone := range []*node{nodes[0], nodes[2]} {
		if err := gone.Close(); err != nil {
			t.Fatal(err)
		}
	}
	nodes[1].sees(10*time.Second, "1-a")
	c := settings(2, "a")
	c.ContactPoints, c.PeersFile = []string{contact}, filepath.Join(dir, "peers-2.json")
	back := start(t, c)
	back.sees(10*time.Second, "1-a 2-a")
	nodes[1].sees(10*time.Second, "1-a 2-a")
}

func TestNodesThatAreStartedInAnyOrderFindEachOther(t *testing.T) {
	var addresses []string
	var sockets []*Sockets
	for range 3 {
		s, err := Bind("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		sockets, addresses = append(sockets, s), append(addresses, s.Addr())
	}
	var nodes []*node
	for _, i := range []int{2, 1, 0} {
		c := settings(i, "a")
		c.Sockets, c.ContactPoints = sockets[i], addresses // itself, and who is not there yet
		nodes = append(nodes, start(t, c))
		if nodes[len(nodes)-1].Addr() != addresses[i] {
			t.Errorf("node %d is at %s, its sockets are %s", i, nodes[len(nodes)-1].Addr(), addresses[i])
		}
		time.Sleep(300 * time.Millisecond)
	}
	for _, n := range nodes {
		n.sees(10*time.Second, everyone(3))
	}
}

package cluster

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/payhub/payhub/internal/certificate/certificatetest"
)

// gossipKey makes a key for gossip.
func gossipKey() string {
	var key [32]byte
	_, _ = rand.Read(key[:]) // it never fails
	return base64.StdEncoding.EncodeToString(key[:])
}

// nodeFiles are the settings of a node's certificate.
func nodeFiles(f certificatetest.Files) map[string]string {
	return map[string]string{"node.security.cert": f.Cert, "node.security.key": f.Key, "node.security.ca": f.CA}
}

// refusal is a stranger and what both sides say about it.
type refusal struct {
	name     string
	settings map[string]string
	// it is what the stranger says, members what one of the members says.
	it, members []string
}

// keptOut starts strangers beside a busy cluster: none becomes a member, both sides say why, and no client notices.
func (g *group) keptOut(refusals []refusal) {
	g.t.Helper()
	busy := g.busyDeployed(true)
	for i, r := range refusals {
		g.t.Run(r.name, func(t *testing.T) {
			outer := g.t
			g.t = t
			defer func() { g.t = outer }()
			stranger := g.stranger(i, r.settings)
			if stranger.Settings["engine.nodeId"] == "" {
				stranger.Settings["engine.nodeId"], stranger.Settings["engine.clusterSize"] = fmt.Sprint(stranger.ID), fmt.Sprint(stranger.ID+1)
			}
			from := g.logged()
			g.must(stranger.Launch())
			defer stranger.Kill() //nolint:errcheck // it may have ended by itself
			g.waitLog(stranger, r.it...)
			for _, text := range r.members {
				g.waitFor(20*time.Second, fmt.Sprintf("a member says %q", text), func() error {
					if strings.Contains(g.since(from), text) {
						return nil
					}
					return fmt.Errorf("they said:\n%s", g.since(from))
				})
			}
			g.unchanged()
		})
	}
	busy.end("while strangers knock")
	g.whole()
}

// logged is how much each member has logged.
func (g *group) logged() (lengths []int) {
	for _, n := range g.members {
		lengths = append(lengths, len(n.Log()))
	}
	return lengths
}

// since is what the members logged since then.
func (g *group) since(lengths []int) string {
	var said strings.Builder
	for i, n := range g.members {
		said.WriteString(n.Log()[lengths[i]:])
	}
	return said.String()
}

// unchanged asks every member: nobody but the members has partitions, and each of them has all.
func (g *group) unchanged() {
	g.t.Helper()
	for i := range g.members {
		g.waitFor(20*time.Second, fmt.Sprintf("node %d knows that the members have the partitions", i), func() error {
			topology, err := g.topology(i)
			if err != nil {
				return err
			}
			for _, b := range topology.GetBrokers() {
				want := 0
				if int(b.GetNodeId()) < len(g.members) {
					want = g.Partitions
				}
				if has := len(b.GetPartitions()); has != want {
					return fmt.Errorf("node %d has %d partitions: %v", b.GetNodeId(), has, topology.GetBrokers())
				}
			}
			return nil
		})
	}
}

// TestStrangersOfAnOpenClusterAreKeptOut starts processes that do not belong to a cluster without certificates.
func TestStrangersOfAnOpenClusterAreKeptOut(t *testing.T) {
	ca := certificatetest.NewAuthority(t, "nodes")
	with := func(more map[string]string, pairs ...string) map[string]string {
		settings := map[string]string{}
		for key, value := range more {
			settings[key] = value
		}
		for i := 0; i < len(pairs); i += 2 {
			settings[pairs[i]] = pairs[i+1]
		}
		return settings
	}
	second := map[string]string{"engine.nodeId": "1"}
	refusals := []refusal{
		{"the number of a node that is up", second, []string{"node id 1 is taken"}, []string{"node id 1 is taken"}},
		{"another cluster", with(second, "engine.clusterId", "elsewhere"), []string{`it is of cluster \"payhub\", this one is \"elsewhere\"`}, []string{`it is of cluster \"elsewhere\", this one is \"payhub\"`}},
		{"gossip with a key", with(second, "gossip.keys", "["+gossipKey()+"]"), []string{"gossip"}, []string{"gossip"}},
		{"one that nobody asked for", map[string]string{}, []string{"an operator to add node 6"}, nil},
		{"another secret", map[string]string{"engine.secret": "wrong"}, []string{"set the same engine.secret at every node"}, []string{"the secrets of"}},
		{"no secret", map[string]string{"engine.secret": ""}, []string{"set the same engine.secret at every node"}, []string{"has none"}},
		{
			"certificates", nodeFiles(ca.Node(t, 9, "payhub").Write(t, t.TempDir(), ca)),
			[]string{"set node.security.cert, key and ca at every node"},
			[]string{"node.security"},
		},
	}
	g := form(t, shape{strangers: len(refusals), settings: map[string]string{"engine.secret": "the right one"}})
	g.keptOut(refusals)
}

// TestStrangersOfASecuredClusterAreKeptOut starts processes that do not belong to a cluster with certificates and gossip keys.
func TestStrangersOfASecuredClusterAreKeptOut(t *testing.T) {
	nodes, others := certificatetest.NewAuthority(t, "nodes"), certificatetest.NewAuthority(t, "others")
	key := gossipKey()
	as := func(files map[string]string, pairs ...string) map[string]string {
		settings := map[string]string{"gossip.keys": "[" + key + "]"}
		for key, value := range files {
			settings[key] = value
		}
		for i := 0; i < len(pairs); i += 2 {
			settings[pairs[i]] = pairs[i+1]
		}
		return settings
	}
	issued := func(a *certificatetest.Authority, node int32, trusted ...*certificatetest.Authority) map[string]string {
		return nodeFiles(a.Node(t, node, "payhub").Write(t, t.TempDir(), trusted...))
	}
	refusals := []refusal{
		{"no certificate", as(nil), []string{"set node.security.cert, key and ca at every node"}, []string{"set node.security.cert, key and ca at every node"}},
		{"a certificate of another authority", as(issued(others, 4, others, nodes)), []string{"bad certificate"}, []string{"certificate signed by unknown authority"}},
		{"no gossip key", as(issued(nodes, 5, nodes), "gossip.keys", "[]"), []string{"gossip"}, []string{"gossip"}},
		{"another gossip key", as(issued(nodes, 6, nodes), "gossip.keys", "["+gossipKey()+"]"), []string{"gossip"}, []string{"gossip"}},
	}
	g := lay(t, shape{strangers: len(refusals) + 4, settings: map[string]string{"gossip.keys": "[" + key + "]"}})
	for _, n := range g.members {
		for setting, value := range issued(nodes, int32(n.ID), nodes) {
			n.Settings[setting] = value
		}
	}
	g.must(g.StartThese(t.Context(), g.members...))
	g.whole()
	g.keptOut(refusals)
	for i, c := range []struct {
		name     string
		settings map[string]string
		says     []string
	}{
		{"files of another node", as(issued(nodes, 2, nodes)), []string{"for node-2.payhub and not for node-7.payhub"}},
		{"an authority that did not sign it", as(issued(others, 8, nodes)), []string{"ca.crt would refuse"}},
		{"no such file", as(map[string]string{"node.security.cert": "/nowhere/a", "node.security.key": "/nowhere/b", "node.security.ca": "/nowhere/c"}), []string{"/nowhere/a does not exist"}},
		{"a key that is none", as(nil, "gossip.keys", "[abc]"), []string{"gossip.keys", "openssl rand -base64 32"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := g.stranger(len(refusals)+i, c.settings)
			n.Settings["engine.nodeId"], n.Settings["engine.clusterSize"] = fmt.Sprint(n.ID), fmt.Sprint(n.ID+1)
			g.refusesToStart(n, c.says...)
		})
	}
}

// pace is the pause between two throws: this is about what the bytes do, not about a flood that takes the processors away.
const pace = 2 * time.Millisecond

// TestGarbageOnThePortsOfNodesHarmsNobody throws bytes at the node port and at gossip, on TCP and UDP, while clients work. Clients
// may repeat a request: on a machine with far more work than processors leaders lose their partitions at times, with garbage and
// without it, and whether garbage makes that more frequent is not settled by this test. How often they repeated is printed.
func TestGarbageOnThePortsOfNodesHarmsNobody(t *testing.T) {
	g := form(t, shape{})
	busy := g.busyDeployed(true)
	dice := mathrand.New(mathrand.NewPCG(1, 2))
	sent := 0
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); sent++ {
		n := g.members[dice.IntN(len(g.members))]
		address, network := n.NodeToNode, "tcp"
		if dice.IntN(3) > 0 {
			address, network = n.Gossip, []string{"tcp", "udp"}[dice.IntN(2)]
		}
		throw(network, address, garbage(dice))
		time.Sleep(pace)
	}
	t.Logf("garbage was thrown %d times", sent)
	busy.end("under garbage")
	g.unchanged()
	g.whole()
}

// garbage is what a scanner, a browser, or a broken peer may send.
func garbage(dice *mathrand.Rand) []byte {
	said := []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "SSH-2.0-x\r\n", ""}
	text := []byte(said[dice.IntN(len(said))])
	for range dice.IntN(1200) {
		text = append(text, byte(dice.Uint32()))
	}
	return text
}

// throw sends bytes and goes away; what becomes of them is not its business.
func throw(network, address string, bytes []byte) {
	c, err := net.DialTimeout(network, address, time.Second)
	if err != nil {
		return
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	_, _ = c.Write(bytes)
}

package gossip

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// logged waits until a node has logged all parts, in one line.
func (n *node) logged(parts ...string) {
	n.t.Helper()
	eventually(n.t, 5*time.Second, fmt.Sprintf("%s logs %q", n.self.ServerID(), parts), func() bool {
		for line := range strings.Lines(n.logs.String()) {
			all := true
			for _, part := range parts {
				all = all && strings.Contains(line, part)
			}
			if all {
				return true
			}
		}
		return false
	})
}

// unharmed: the nodes still see each other and no one else, and facts still travel.
func unharmed(t *testing.T, nodes []*node) {
	t.Helper()
	version, _ := nodes[0].Known("unharmed")
	nodes[0].Tell("unharmed", version+1, nil)
	for _, n := range nodes {
		if got := n.ids(); got != everyone(len(nodes)) {
			t.Errorf("%s sees %s", n.self.ServerID(), got)
		}
		eventually(t, 5*time.Second, "facts travel", func() bool {
			now, _ := n.Known("unharmed")
			return now == version+1
		})
	}
}

func TestStrangersAreRefusedAndBothSidesSayWhy(t *testing.T) {
	key, other := []byte("0123456789abcdef"), []byte("fedcba9876543210")
	for _, c := range []struct {
		name    string
		change  func(*Config)
		here    []string // logged in the cluster
		there   []string // logged by the stranger
		refused string
	}{
		{
			"of another cluster", func(c *Config) { c.Self.ClusterID = "loans" },
			[]string{`it is of cluster \"loans\", this one is \"payments\"`},
			[]string{`it is of cluster \"payments\", this one is \"loans\"`},
			"",
		},
		{
			"with other settings", func(c *Config) { c.Self.Settings = "size 5" },
			[]string{`its settings are \"size 5\", here they are \"size 3\"`},
			[]string{`its settings are \"size 3\", here they are \"size 5\"`},
			"",
		},
		{
			"with a node id that is taken", func(c *Config) { c.Self.Node = 1 },
			[]string{"node refused", "node id 1 is taken: 1-a at 127.0.0.1:"},
			[]string{"this node is refused", "node id 1 is taken: 1-a at 127.0.0.1:"},
			"node id 1 is taken",
		},
		{
			"that is not accepted", func(c *Config) { c.Self.Node = 66 },
			[]string{"node refused", "node 66 was removed"},
			[]string{"this node is refused", "node 66 was removed"},
			"node 66 was removed",
		},
		{
			"without a key", func(c *Config) { c.Keys = nil },
			[]string{"encryption is configured but remote state is not encrypted"},
			[]string{"this node is refused", "it encrypts its gossip, and this node has no gossip.keys"},
			"this node has no gossip.keys",
		},
		{
			"with another key", func(c *Config) { c.Keys = [][]byte{other} },
			[]string{"no installed keys could decrypt the message"},
			[]string{"this node is refused", "does not know the key"},
			"does not know the key",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := func(c *Config) {
				c.Keys, c.Self.Settings = [][]byte{key}, "size 3"
				c.Accept = func(m Member) error {
					if m.Node == 66 {
						return errors.New("node 66 was removed")
					}
					return nil
				}
			}
			nodes := cluster(t, 3, base)
			s := settings(3, "x")
			base(&s)
			s.Accept = nil
			s.ContactPoints = []string{nodes[0].Addr()}
			c.change(&s)
			stranger := start(t, s)
			nodes[0].logged(c.here...)
			stranger.logged(c.there...)
			eventually(t, 5*time.Second, "the stranger knows why", func() bool { return strings.Contains(stranger.Refused(), c.refused) })
			time.Sleep(300 * time.Millisecond)
			unharmed(t, nodes)
		})
	}
}

func TestSettingsOfANodeThatHasNoneGoWithAny(t *testing.T) {
	nodes := cluster(t, 2, func(c *Config) {
		if c.Self.Node == 0 {
			c.Self.Settings = "size 3"
		}
	})
	unharmed(t, nodes)
}

// The node that is configured stays, whichever came first.
func TestOfTwoGenerationsTheConfiguredOneStays(t *testing.T) {
	var configured atomic.Value
	configured.Store("a")
	accept := func(c *Config) {
		c.Accept = func(m Member) error {
			if m.Node == 1 && m.Generation != configured.Load() {
				return fmt.Errorf("generation %s of node 1 is not the one in the configuration", m.Generation)
			}
			return nil
		}
	}
	nodes := cluster(t, 3, accept)
	configured.Store("b")
	c := settings(1, "b")
	accept(&c)
	c.ContactPoints = []string{nodes[0].Addr()}
	for _, n := range []*node{nodes[0], nodes[2], start(t, c)} {
		n.sees(5*time.Second, "0-a 1-b 2-a")
	}
}

func TestARefusedNodeIsTakenUpWhenTheReasonHasGone(t *testing.T) {
	nodes := cluster(t, 2, nil)
	c := settings(1, "b")
	c.ContactPoints = []string{nodes[0].Addr()}
	waiting := start(t, c)
	waiting.logged("this node is refused", "node id 1 is taken")
	if err := nodes[1].Close(); err != nil {
		t.Fatal(err)
	}
	nodes[0].sees(10*time.Second, "0-a 1-b")
	waiting.sees(10*time.Second, "0-a 1-b")
}

func TestStartsThatAreRefused(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Self.Generation = "" }, `gossip: node 0 of generation "": a node has an id from 0 and a generation`},
		{func(c *Config) { c.Keys = [][]byte{[]byte("short")} }, "gossip key 1 has 5 bytes: a key has 16, 24 or 32"},
		{func(c *Config) { c.Listen = "127.0.0.1" }, `gossip address "127.0.0.1": address 127.0.0.1: missing port in address`},
		{func(c *Config) { c.Listen = "0.0.0.0:0" }, "say at which one others reach it (--gossip-advertise)"},
		{func(c *Config) { c.Self.Zone, c.Self.ClusterID = long, long }, "shorten its cluster id, zone or host names"},
	} {
		s := settings(0, "a")
		c.change(&s)
		g, err := Join(t.Context(), s)
		if err == nil {
			t.Errorf("started in spite of %s", c.want)
			_ = g.Close()
			continue
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

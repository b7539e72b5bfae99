package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/payhub/payhub/test/chaos/fleet"
)

// TestEveryNodeKnowsALeaderChangeWithin100Milliseconds kills leaders and ends them, and measures how long after the first node
// every other one names the new leader.
func TestEveryNodeKnowsALeaderChangeWithin100Milliseconds(t *testing.T) {
	g := form(t, shape{partitions: 1})
	var lags []time.Duration
	for round, stop := range []func(*fleet.Node) error{(*fleet.Node).Kill, (*fleet.Node).Terminate, (*fleet.Node).Kill} {
		old, err := g.Leader(t.Context(), 1)
		g.must(err)
		g.must(stop(old))
		gap, lag := g.change(1, int32(old.ID))
		lags = append(lags, lag)
		t.Logf("round %d: the first node named the new leader after %v, the other one %v later", round+1, gap.Round(time.Millisecond), lag.Round(time.Millisecond))
		began := time.Now()
		g.must(g.StartThese(t.Context(), old))
		g.whole()
		t.Logf("the node was back after %v", time.Since(began).Round(time.Millisecond))
	}
	if lag := slices.Min(lags); lag > 100*time.Millisecond {
		t.Errorf("a change was known everywhere %v later at the best, 100 ms is promised on a quiet cluster", lag)
	}
}

// change waits until all running members name a leader of a partition other than the old one, the same. gap is how long that
// took for the first, lag how much longer for the last.
func (g *group) change(partition, old int32) (gap, lag time.Duration) {
	g.t.Helper()
	began, first := time.Now(), time.Time{}
	g.waitFor(20*time.Second, "every node names the new leader", func() error {
		named := map[int32]bool{}
		var errs []error
		for i, n := range g.members {
			if !n.Running() {
				continue
			}
			topology, err := g.topology(i)
			leader, ok := leaders(topology)[partition]
			if err != nil || !ok || leader == old {
				errs = append(errs, fmt.Errorf("node %d names %d (%v)", n.ID, leader, err))
				continue
			}
			named[leader] = true
		}
		if len(named) > 0 && first.IsZero() {
			first = time.Now()
		}
		if len(named) > 1 {
			errs = append(errs, fmt.Errorf("two leaders are named: %v", named))
		}
		return errors.Join(errs...)
	})
	return first.Sub(began), time.Since(first)
}

// TestAClusterFindsItselfAgainOnOtherAddresses restarts every node on other ports; the only address that they are told is that
// of node 0, of which the nodes 1 and 2 learn each other.
func TestAClusterFindsItselfAgainOnOtherAddresses(t *testing.T) {
	g := form(t, shape{})
	g.deploy(1)
	for _, n := range g.members {
		g.must(n.Terminate())
	}
	for _, n := range g.members {
		for _, address := range []*string{&n.NodeToNode, &n.Gossip} {
			var err error
			*address, err = fleet.FreePort("127.0.0.1")
			g.must(err)
		}
	}
	for _, n := range g.members {
		n.Settings["engine.initialContactPoints"] = "[" + g.members[0].Gossip + "]"
	}
	g.must(g.StartThese(t.Context(), g.members...))
	g.whole()
	busy := g.busy(true)
	time.Sleep(300 * time.Millisecond)
	busy.end("on other addresses")
}

// TestANodeWithoutContactPointsRemembersItsPeers restarts one node with contact points at which nobody is, and one with none: they
// remember where the others were.
func TestANodeWithoutContactPointsRemembersItsPeers(t *testing.T) {
	g := form(t, shape{})
	for i, points := range map[int]string{1: "[127.0.0.1:1]", 2: "[]"} {
		n := g.members[i]
		g.must(n.Terminate())
		n.Settings["engine.initialContactPoints"] = points
		began := time.Now()
		g.must(g.StartThese(t.Context(), n))
		g.waitFor(20*time.Second, "it knows every leader", func() error { return g.knows(i) })
		t.Logf("node %d with contact points %s was back after %v", i, points, time.Since(began).Round(time.Millisecond))
	}
}

// TestANodeThatFindsNobodySaysWhoIsMissing starts one node of three with contact points at which nobody is: it does not serve, says
// why, and forms the cluster as soon as the others come.
func TestANodeThatFindsNobodySaysWhoIsMissing(t *testing.T) {
	g := lay(t, shape{})
	lonely := g.members[0]
	lonely.Settings["engine.initialContactPoints"] = "[127.0.0.1:1, nowhere.invalid:26502]"
	g.must(lonely.Launch())
	g.waitLog(lonely, "nodes 1, 2, which were not seen yet", "engine.initialContactPoints")
	if _, err := os.Stat(filepath.Join(lonely.Folder, "addresses.json")); err == nil {
		t.Error("it says that it serves")
	}
	// The others name node 0: it needs no contact point of its own.
	for _, n := range g.members[1:] {
		g.must(n.Launch())
	}
	for _, n := range g.members {
		g.must(n.Ready(t.Context()))
	}
	g.whole()
}

// TestSettingsThatDisagreeAreNamed starts nodes whose partitions and replication factor differ: no cluster is formed and the log says
// which node has what.
func TestSettingsThatDisagreeAreNamed(t *testing.T) {
	g := lay(t, shape{})
	g.members[2].Settings["engine.partitions"] = "5"
	for _, n := range g.members {
		g.must(n.Launch())
	}
	g.waitLog(g.members[0], "node 2, whose settings differ", "engine.partitions 5", "engine.partitions 3")
	g.must(g.members[2].Terminate())
	g.members[2].Settings["engine.partitions"] = "3"
	g.must(g.members[2].Launch())
	for _, n := range g.members {
		g.must(n.Ready(t.Context()))
	}
	g.whole()
}

// TestSettingsThatCannotBeAreRefused starts a member with settings that contradict themselves or the cluster there is.
func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	g := form(t, shape{})
	busy := g.busyDeployed(true)
	n := g.members[2]
	g.must(n.Terminate())
	right := n.Settings
	for _, c := range []struct {
		name     string
		settings map[string]string
		says     []string
	}{
		{"factor above size", map[string]string{"engine.replicationFactor": "4"}, []string{"engine.replicationFactor", "a cluster of 3 nodes has no more copies than nodes"}},
		{"number beyond size", map[string]string{"engine.nodeId": "3"}, []string{"engine.nodeId", "numbered 0 to 2"}},
		{"other partitions than the cluster has", map[string]string{"engine.partitions": "4"}, []string{"engine.partitions is 4, but the cluster has 3", "payhub cluster scale"}},
		{"other cluster than the disk's", map[string]string{"engine.clusterId": "elsewhere"}, []string{`belongs to the cluster "payhub"`, `engine.clusterId is "elsewhere"`}},
		{"other number than the disk's", map[string]string{"engine.nodeId": "1"}, []string{"engine.nodeId"}},
		{"folder of a running node", map[string]string{"engine.data": g.members[0].Data()}, []string{"another process"}},
	} {
		n.Settings = map[string]string{}
		for _, settings := range []map[string]string{right, c.settings} {
			for key, value := range settings {
				n.Settings[key] = value
			}
		}
		t.Run(c.name, func(t *testing.T) { g.refusesToStart(n, c.says...) })
	}
	n.Settings = right
	g.must(g.StartThese(t.Context(), n))
	g.whole()
	busy.end("while a node is started with wrong settings")
}

// busyDeployed deploys the flows and starts traffic.
func (g *group) busyDeployed(patient bool) *traffic {
	g.t.Helper()
	g.deploy(0)
	return g.busy(patient)
}

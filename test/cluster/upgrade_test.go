package cluster

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/cluster/link"
)

// next is the version of the program that nodes are upgraded to: the same code with another name.
const next = "1.0.1-next"

// TestARollingUpgradeFailsNoRequest replaces the program of node after node, as docs/howto-upgrade.md says it, while clients start
// instances and workers serve jobs; then it goes back to the program of before in the same way.
func TestARollingUpgradeFailsNoRequest(t *testing.T) {
	before, after := program(t, standard), program(t, next)
	g := form(t, shape{program: before})
	g.deploy(0)
	busy := g.busy(true)
	for _, to := range []struct{ binary, version string }{{after, next}, {before, standard}} {
		g.Binary = to.binary
		for _, n := range g.members {
			from := len(n.Log())
			began := time.Now()
			g.must(n.Terminate())
			ended := time.Since(began)
			g.must(g.StartThese(t.Context(), n))
			g.whole()
			t.Logf("node %d to %s: ended after %v, back after %v", n.ID, to.version, ended.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
			if said := n.Log()[from:]; to.version == next && !strings.Contains(said, "version="+next) {
				t.Errorf("node %d does not say that it runs %s", n.ID, to.version)
			}
		}
	}
	busy.end("while every node is upgraded, and taken back")
	g.unchanged()
}

// TestDataOfANewerProgramIsRefused doctors the formats of what a node wrote, as a newer program would have written them.
func TestDataOfANewerProgramIsRefused(t *testing.T) {
	g := form(t, shape{})
	n := g.members[2]
	g.must(n.Terminate())
	for _, c := range []struct {
		file string
		says []string
	}{
		{"node.json", []string{"a newer version wrote it", "knows 1 at most"}},
		{"cluster.json", []string{"was written by a newer version", "upgrade this node"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			name := filepath.Join(n.Data(), c.file)
			good, err := os.ReadFile(name)
			g.must(err)
			newer := regexp.MustCompile(`"format":\s*\d+`).ReplaceAll(good, []byte(`"format": 99`))
			if string(newer) == string(good) {
				t.Fatalf("%s says no format: %s", c.file, good)
			}
			g.must(os.WriteFile(name, newer, 0o600))
			g.refusesToStart(n, c.says...)
			g.must(os.WriteFile(name, good, 0o600))
		})
	}
	g.must(g.StartThese(t.Context(), n))
	g.whole()
}

// TestNodesOfOtherVersions lets nodes call a member that say that they are of other versions.
func TestNodesOfOtherVersions(t *testing.T) {
	g := form(t, shape{})
	member := g.members[0]
	for _, c := range []struct {
		name     string
		identity link.Identity
		refused  string // "": it is let in
	}{
		{"another program that writes the same", link.Identity{Version: "9.9.9", Format: 1}, ""},
		{"a newer data format", link.Identity{Version: "9.9.9", Format: 2}, "writes data format 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.identity.ClusterID, c.identity.Node, c.identity.Generation = "payhub", 7, "seven"
			l, err := net.Listen("tcp", "127.0.0.1:0")
			g.must(err)
			caller, err := link.Open(link.Config{Listener: l, Self: c.identity, Resolve: func(string) (string, error) { return member.NodeToNode, nil }})
			g.must(err)
			defer caller.Close()
			called, err := caller.Probe(t.Context(), member.NodeToNode)
			if err == nil {
				conn, failed := caller.DialRPC(t.Context(), called.ServerID())
				if err = failed; err == nil {
					conn.Close()
				}
			}
			switch {
			case c.refused == "" && err != nil:
				t.Errorf("it is refused: %v", err)
			case c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)):
				t.Errorf("it is told %v", err)
			case c.refused != "":
				g.waitLog(member, c.refused, "upgrade node 0, or take node 7 back")
			}
		})
	}
	t.Run("another protocol", func(t *testing.T) {
		// A header, as it is in every version: magic, version, kind, 0, length of the body.
		hello := binary.BigEndian.AppendUint32(append(binary.BigEndian.AppendUint16([]byte("PHLN"), 2), 1, 0), 0)
		c, err := net.DialTimeout("tcp", member.NodeToNode, time.Second)
		g.must(err)
		defer c.Close()
		g.must(c.SetDeadline(time.Now().Add(10 * time.Second)))
		_, err = c.Write(hello)
		g.must(err)
		answer, _ := io.ReadAll(c) // as much as came
		if want := "speaks version 2 of the protocol between nodes"; !strings.Contains(string(answer), want) {
			t.Errorf("it is told %q", answer)
		}
		g.waitLog(member, "upgrade one node after the other")
	})
	if err := g.knows(0); err != nil {
		t.Error(fmt.Errorf("after that: %w", err))
	}
}

package cluster

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/test/chaos/fleet"
)

// TestMain removes the programs that were built.
func TestMain(m *testing.M) {
	code := m.Run()
	if programs.folder != "" {
		os.RemoveAll(programs.folder)
	}
	os.Exit(code)
}

// programs are those that were built, by version.
var programs struct {
	sync.Mutex
	folder string
	built  map[string]string
}

// program builds payhub with a version of its own, once.
func program(t *testing.T, version string) string {
	t.Helper()
	if binary := os.Getenv("PAYHUB_BIN"); binary != "" && version == standard {
		return binary
	}
	programs.Lock()
	defer programs.Unlock()
	if file := programs.built[version]; file != "" {
		return file
	}
	if programs.folder == "" {
		folder, err := os.MkdirTemp("", "payhub-cluster-")
		if err != nil {
			t.Fatal(err)
		}
		programs.folder, programs.built = folder, map[string]string{}
	}
	file := filepath.Join(programs.folder, "payhub-"+version)
	build := exec.Command("go", "build", "-ldflags", "-X main.version="+version, "-o", file, "./cmd/payhub")
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build payhub: %v\n%s", err, out)
	}
	programs.built[version] = file
	return file
}

// standard is the version of the program that most tests run.
const standard = "1.0.0-test"

// shape says what a cluster looks like. Its zero value is three nodes and three partitions, each on all of them.
type shape struct {
	nodes, partitions, factor int
	// strangers are further processes, numbered after the nodes, that are no members: addresses and folders for them.
	strangers int
	settings  map[string]string
	// clients are with what clients call the gateways; nil: without TLS.
	clients *tls.Config
	// program is what runs; "": the standard one.
	program string
}

// group is a cluster under test, with a client at each node.
type group struct {
	*fleet.Cluster
	t       *testing.T
	members []*fleet.Node
	clients []*sdk.Client
}

// lay lays a cluster out; nothing runs yet. What runs at the end of the test is ended.
func lay(t *testing.T, s shape) *group {
	t.Helper()
	if testing.Short() {
		t.Skip("starts real processes: not in the short form")
	}
	if s.nodes == 0 {
		s.nodes = 3
	}
	if s.partitions == 0 {
		s.partitions = 3
	}
	if s.factor == 0 {
		s.factor = s.nodes
	}
	if s.program == "" {
		s.program = program(t, standard)
	}
	settings := map[string]string{"roles": "[engine, gateway]", "engine.clusterSize": fmt.Sprint(s.nodes)}
	for key, value := range s.settings {
		settings[key] = value
	}
	cluster, err := fleet.New(fleet.Plan{
		Binary: s.program, Folder: t.TempDir(), Nodes: s.nodes + s.strangers, Partitions: s.partitions, Factor: s.factor, Settings: settings,
	})
	if err != nil {
		t.Fatal(err)
	}
	g := &group{Cluster: cluster, t: t, members: cluster.Nodes[:s.nodes]}
	t.Cleanup(g.end)
	var points []string
	for _, n := range g.members {
		points = append(points, n.Gossip)
		options := []sdk.ClientOption{sdk.WithGRPC(grpc.WithConnectParams(grpc.ConnectParams{
			MinConnectTimeout: time.Second, Backoff: backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1.5, MaxDelay: 200 * time.Millisecond},
		}))}
		if s.clients != nil {
			options = append(options, sdk.WithTLS(credentials.NewTLS(s.clients)))
		}
		client, err := sdk.Dial("passthrough:///"+n.GRPC, options...)
		if err != nil {
			t.Fatal(err)
		}
		g.clients = append(g.clients, client)
	}
	for _, n := range cluster.Nodes {
		n.Settings = map[string]string{"engine.initialContactPoints": "[" + strings.Join(points, ", ") + "]"}
	}
	return g
}

// form lays a cluster out and starts its members.
func form(t *testing.T, s shape) *group {
	t.Helper()
	g := lay(t, s)
	began := time.Now()
	g.must(g.StartThese(t.Context(), g.members...))
	g.whole()
	t.Logf("%d nodes, %d partitions: every node knows every leader %v after the start", len(g.members), g.Partitions, time.Since(began).Round(time.Millisecond))
	return g
}

// end kills what runs and shows the ends of the logs of a test that failed.
func (g *group) end() {
	for _, c := range g.clients {
		c.Close()
	}
	g.Close()
	for _, place := range g.Panics() {
		g.t.Error(place)
	}
	if g.t.Failed() {
		for _, n := range g.Nodes {
			g.t.Logf("node %d ends with:\n%s", n.ID, n.LastWords())
		}
	}
}

func (g *group) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

// stranger is a process that is no member, with settings of its own over those of the plan.
func (g *group) stranger(i int, settings map[string]string) *fleet.Node {
	n := g.Nodes[len(g.members)+i]
	for key, value := range settings {
		n.Settings[key] = value
	}
	return n
}

// topology is what a member says about the cluster.
func (g *group) topology(member int) (*gatewaypb.TopologyResponse, error) {
	ctx, cancel := context.WithTimeout(g.t.Context(), 2*time.Second)
	defer cancel()
	return g.clients[member].Gateway().Topology(ctx, &gatewaypb.TopologyRequest{})
}

// leaders are the leaders of the partitions, as a topology says.
func leaders(t *gatewaypb.TopologyResponse) map[int32]int32 {
	known := map[int32]int32{}
	for _, b := range t.GetBrokers() {
		for _, p := range b.GetPartitions() {
			if p.GetRole() == gatewaypb.Partition_LEADER {
				known[p.GetPartitionId()] = b.GetNodeId()
			}
		}
	}
	return known
}

// knows is an error until a running member knows a leader of each partition, and all members in all.
func (g *group) knows(member int) error {
	t, err := g.topology(member)
	if err != nil {
		return err
	}
	if known := leaders(t); len(known) != g.Partitions {
		return fmt.Errorf("node %d knows the leaders %v of %d partitions", member, known, g.Partitions)
	}
	return nil
}

// whole waits until every running member knows every leader.
func (g *group) whole() {
	g.t.Helper()
	for i, n := range g.members {
		if n.Running() {
			g.waitFor(20*time.Second, fmt.Sprintf("node %d knows every leader", n.ID), func() error { return g.knows(i) })
		}
	}
}

// waitFor waits until there is no error, and says how long that took.
func (g *group) waitFor(within time.Duration, what string, holds func() error) time.Duration {
	g.t.Helper()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		err := holds()
		if err == nil {
			return time.Since(began)
		}
		if time.Since(began) > within {
			g.t.Fatalf("not within %v: %s: %v", within, what, err)
		}
	}
}

// waitLog waits until a process has said each of the texts.
func (g *group) waitLog(n *fleet.Node, texts ...string) {
	g.t.Helper()
	for _, text := range texts {
		g.waitFor(20*time.Second, fmt.Sprintf("process %d says %q", n.ID, text), func() error {
			if strings.Contains(n.Log(), text) {
				return nil
			}
			return fmt.Errorf("its log ends with:\n%s", n.LastWords())
		})
	}
}

// refusesToStart starts a process that must end by itself with an exit code other than 0, and say each of the texts.
func (g *group) refusesToStart(n *fleet.Node, texts ...string) {
	g.t.Helper()
	g.must(n.Launch())
	ended, err := n.Ended(20 * time.Second)
	if !ended {
		g.t.Errorf("process %d still runs:\n%s", n.ID, n.LastWords())
		_ = n.Kill() // it is gone either way
		return
	}
	if err == nil {
		g.t.Errorf("process %d ended with exit code 0:\n%s", n.ID, n.LastWords())
	}
	for _, text := range texts {
		if !strings.Contains(n.Log(), text) {
			g.t.Errorf("process %d does not say %q, but:\n%s", n.ID, text, n.LastWords())
		}
	}
}

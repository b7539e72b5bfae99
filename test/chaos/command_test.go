package chaos

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/payhub/payhub/test/chaos/fleet"
)

// TestChaosCommand runs `payhub chaos run` against a cluster, with a fault that freezes a node for a second.
func TestChaosCommand(t *testing.T) {
	onlyLong(t)
	a := &arena{T: t, ctx: t.Context()}
	a.build(form{})
	a.must(a.cluster.Start(a.ctx))
	a.must(a.cluster.Whole(a.ctx))
	nodes := make([]string, len(a.cluster.Nodes))
	for i, n := range a.cluster.Nodes {
		nodes[i] = n.GRPC
	}
	pid := a.leader(1).Pid()
	c := exec.CommandContext(a.ctx, a.cluster.Binary, "chaos", "run", "-o", "json", "--nodes", strings.Join(nodes, ","), "--for", "8s", "--every", "2s",
		"--fault", fmt.Sprintf("kill -STOP %d; sleep 1; kill -CONT %[1]d", pid), "--record", filepath.Join(a.cluster.Folder, "command.jsonl"))
	c.Env = fleet.Environment()
	var said strings.Builder
	c.Stderr = &said
	out, err := c.Output()
	var report struct{ Faults, Acknowledged, Lost, Doubled, Stuck, Wrong int }
	if failed := json.Unmarshal(out, &report); err != nil || failed != nil {
		t.Fatalf("%v, %v: %s\n%s", err, failed, out, said.String())
	}
	if report.Faults < 2 || report.Acknowledged < 20 || report.Lost+report.Doubled+report.Stuck+report.Wrong > 0 {
		t.Errorf("%s", out)
	}
	t.Logf("%s", out)
}

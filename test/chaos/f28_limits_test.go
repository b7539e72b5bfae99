package chaos

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/payhub/payhub/test/chaos/fleet"
)

// TestF28Limits runs nodes with one processor, few open files and little memory, at the usual load, and kills one of them. Nothing
// may hang or be ended by the system.
func TestF28Limits(t *testing.T) {
	onlyLong(t)
	for _, limit := range []struct {
		name string
		form form
	}{
		{"one processor", form{env: []string{"GOMAXPROCS=1"}}},
		{"256 open files", form{wrap: []string{"sh", "-c", `ulimit -n 256; exec "$@"`, "sh"}}},
		{"256 MiB for the Go heap, 1 GiB of data", form{env: []string{"GOMEMLIMIT=256MiB"}, wrap: []string{"sh", "-c", `ulimit -d 1048576; exec "$@"`, "sh"}}},
	} {
		t.Run(limit.name, func(t *testing.T) {
			a := enter(t, limit.form)
			a.calm(3 * time.Second)
			for range rounds(t, 1, 3) {
				n := a.leader(1)
				a.harm("kill a node that has little", n.Kill)
				a.calm(2 * time.Second)
				a.restart(n)
				a.calm(3 * time.Second)
			}
			a.settle("F28 " + limit.name)
		})
	}
}

// TestF28TooLittle starts a node with fewer open files than it can run with: it must end and say so.
func TestF28TooLittle(t *testing.T) {
	onlyLong(t)
	folder := t.TempDir()
	script := fmt.Sprintf(`ulimit -n 12; exec "$0" server --engine.data %q --operations.store none --grpc-listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --management-listen 127.0.0.1:0 --node-listen 127.0.0.1:0 --gossip-listen 127.0.0.1:0`, folder+"/data")
	c := exec.CommandContext(t.Context(), "sh", "-c", script, binary(t))
	c.Env = fleet.Environment()
	late := time.AfterFunc(20*time.Second, func() { _ = c.Process.Kill() })
	defer late.Stop()
	out, err := c.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "payhub: ") || !strings.Contains(string(out), "open files") {
		t.Errorf("with 12 open files it does not say that they are too few: %v: %s", err, out)
	}
}

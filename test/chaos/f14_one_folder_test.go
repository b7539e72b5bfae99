package chaos

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/payhub/payhub/test/chaos/fleet"
)

// TestF14OneFolder starts a second process on the data folder of a running node, again and again: it must refuse and say why, and
// the first must not notice.
func TestF14OneFolder(t *testing.T) {
	a := enter(t, form{})
	a.calm(2 * time.Second)
	for i := range rounds(t, 3, 20) {
		n := a.cluster.Nodes[i%3]
		a.harm("a second process on the folder of a node", func() error {
			a.second(n)
			return nil
		})
		a.calm(500 * time.Millisecond)
	}
	a.settle("F14 two on one folder")
	a.gapsBelow(time.Second, time.Second)
}

// second starts the node's own command line with other addresses, and expects it to end at once.
func (a *arena) second(n *fleet.Node) {
	a.Helper()
	args := n.Arguments()
	for i, arg := range args {
		if strings.HasSuffix(arg, "-listen") {
			args[i+1] = "127.0.0.1:0"
		}
		if arg == "--addresses-file" {
			args[i+1] = n.Folder + "/second.json"
		}
	}
	c := exec.CommandContext(a.ctx, a.cluster.Binary, args...)
	c.Env = fleet.Environment()
	late := time.AfterFunc(15*time.Second, func() { _ = c.Process.Kill() })
	defer late.Stop()
	out, err := c.CombinedOutput()
	switch {
	case err == nil:
		a.Errorf("a second process on the folder of node %d ended with exit code 0", n.ID)
	case !strings.Contains(string(out), "payhub: ") || !strings.Contains(string(out), n.Data()):
		a.Errorf("a second process on the folder of node %d does not say why it ends: %s", n.ID, out)
	}
}

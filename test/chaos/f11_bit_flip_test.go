package chaos

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/payhub/payhub/test/chaos/fleet"
)

// TestF11BitFlip stops a node and flips a bit in one of its files. The node repairs itself from the others or stays out and says
// why; a wrong answer never comes. A node that stays out gets an empty disk, as its operator would give it.
func TestF11BitFlip(t *testing.T) {
	onlyLong(t)
	a := enter(t, form{settings: map[string]string{"engine.snapshot.interval": "2s", "engine.flush.interval": "200ms"}})
	a.calm(4 * time.Second)
	n, went := a.cluster.Nodes[a.dice.IntN(3)], map[string]int{} // always the same: damage that is not found yet may be on a minority alone
	for i := range rounds(t, 6, 60) {
		went["stops later"] += a.replaceStopped()
		var where string
		a.harm(fmt.Sprintf("a bit flips on the disk of node %d", n.ID), func() (err error) {
			if err := n.Kill(); err != nil {
				return err
			}
			where, err = a.flip(n, []string{"log", "partitions"}[i%2])
			return err
		})
		if outcome := a.comesBack(n); outcome == "" {
			went["goes on"]++
		} else {
			went["stays out"]++
			t.Logf("%s: %s", where, outcome)
			a.must(n.Wipe())
			a.restart(n)
		}
		a.calm(2 * time.Second)
	}
	went["stops later"] += a.replaceStopped()
	a.note = fmt.Sprint(went)
	a.settle("F11 bit flipped")
}

// replaceStopped gives an empty disk to every node that found the damage while it ran, and ended by it.
func (a *arena) replaceStopped() (stopped int) {
	a.Helper()
	for _, n := range a.cluster.Nodes {
		if n.Running() {
			continue
		}
		if words := n.LastWords(); !strings.Contains(words, "payhub: ") {
			a.Errorf("node %d stopped and does not say why:\n%s", n.ID, words)
		}
		stopped++
		a.must(n.Wipe())
		a.restart(n)
		a.calm(2 * time.Second)
	}
	return stopped
}

// flip flips a bit of a file below a folder of the node's data, and says where.
func (a *arena) flip(n *fleet.Node, folder string) (where string, err error) {
	var files []string
	err = filepath.WalkDir(filepath.Join(n.Data(), folder), func(path string, e fs.DirEntry, err error) error {
		if name := filepath.Base(path); err == nil && e.Type().IsRegular() && name != "LOG" && !strings.HasPrefix(name, "LOG.old") && name != "LOCK" {
			if info, err := e.Info(); err == nil && info.Size() > 0 {
				files = append(files, path)
			}
		}
		return err
	})
	if err != nil || len(files) == 0 {
		return "", fmt.Errorf("node %d has no file to flip a bit in: %w", n.ID, err)
	}
	file := files[a.dice.IntN(len(files))]
	content, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	written := len(content)
	for written > 1 && content[written-1] == 0 { // what was never written means nothing
		written--
	}
	at := a.dice.IntN(written)
	content[at] ^= 1 << a.dice.IntN(8)
	return fmt.Sprintf("%s, byte %d of %d", strings.TrimPrefix(file, n.Data()), at, written), os.WriteFile(file, content, 0o600)
}

// comesBack starts a node; "" when it serves, else what it says about why it does not.
func (a *arena) comesBack(n *fleet.Node) (reason string) {
	a.Helper()
	a.must(n.Launch())
	if err := n.Ready(a.ctx); err != nil {
		if n.Running() {
			a.must(n.Kill())
			a.Errorf("node %d neither serves nor ends: %v", n.ID, err)
		}
		if words := n.LastWords(); !strings.Contains(words, "payhub: ") {
			a.Errorf("node %d stays out and does not say why:\n%s", n.ID, words)
		}
		return n.LastWords()
	}
	return ""
}

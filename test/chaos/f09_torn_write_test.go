package chaos

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/payhub/payhub/test/chaos/fleet"
)

// TestF09TornWrite kills a node and tears the end of its log: cut off, zeros or garbage behind it. What was never acknowledged by
// this node alone may go; it starts, and catches up with the others.
func TestF09TornWrite(t *testing.T) {
	onlyLong(t)
	a := enter(t, form{})
	a.calm(3 * time.Second)
	tears := []struct {
		name string
		do   func(file string, size int64) error
	}{
		{"cut by up to 3 bytes", func(f string, size int64) error { return os.Truncate(f, size-1-a.dice.Int64N(3)) }},
		{"cut at a random byte of the last 4 KiB", func(f string, size int64) error { return os.Truncate(f, max(0, size-a.dice.Int64N(4096))) }},
		{"cut at a page", func(f string, size int64) error { return os.Truncate(f, size/4096*4096) }},
		{"zeros behind it", func(f string, _ int64) error { return extend(f, make([]byte, 1+a.dice.IntN(8192))) }},
		{"garbage behind it", func(f string, _ int64) error {
			garbage := make([]byte, 1+a.dice.IntN(8192))
			_, _ = rand.Read(garbage) // never fails
			return extend(f, garbage)
		}},
	}
	for i := range rounds(t, 5, 60) {
		n, tear := a.cluster.Nodes[i%3], tears[i%len(tears)]
		a.harm(fmt.Sprintf("node %d is killed, its log: %s", n.ID, tear.name), func() error {
			if err := n.Kill(); err != nil {
				return err
			}
			file, size, err := logEnd(n)
			if err != nil {
				return err
			}
			return tear.do(file, size)
		})
		a.calm(500 * time.Millisecond)
		a.restart(n)
		a.calm(time.Second)
	}
	a.settle("F9 torn log")
}

// logEnd is the file that a node's log ends in, and how much of it is written: segments are made longer than what is in them.
func logEnd(n *fleet.Node) (file string, size int64, err error) {
	files, err := filepath.Glob(filepath.Join(n.Data(), "log", "*.log"))
	if err != nil {
		return "", 0, err
	}
	slices.Sort(files)
	for _, f := range slices.Backward(files) {
		content, err := os.ReadFile(f)
		if err != nil {
			return "", 0, err
		}
		for size = int64(len(content)); size > 0 && content[size-1] == 0; {
			size--
		}
		if size > 4096 {
			return f, size, nil
		}
	}
	return "", 0, fmt.Errorf("node %d has no log with something in it", n.ID)
}

func extend(file string, with []byte) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(with)
	return err
}

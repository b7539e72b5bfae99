package chaos

import (
	"fmt"
	"testing"
	"time"

	"github.com/payhub/payhub/test/chaos/disk"
)

// TestF10CrashInStorage kills a node in the middle of a step of its storage: strace ends it with SIGKILL when it enters a system
// call, so that the step has been begun and not done. The steps of one node that are found by where they are in the program, and
// not by their system call, are those of test/crash.
func TestF10CrashInStorage(t *testing.T) {
	onlyLong(t)
	if err := disk.InjectionMissing(); err != nil {
		t.Skip(err)
	}
	a := enter(t, form{settings: map[string]string{"engine.snapshot.interval": "1s", "engine.flush.interval": "100ms"}})
	a.calm(3 * time.Second)
	steps := []struct{ name, calls string }{
		{"a sync of data", "fdatasync"},
		{"a sync of a file or a folder", "fsync"},
		{"a rename", "rename,renameat,renameat2"},
		{"a removal", "unlink,unlinkat"},
		{"a hard link of a snapshot", "link,linkat"},
		{"a truncation or an allocation", "ftruncate,fallocate"},
	}
	hit := map[string]int{}
	for i := range rounds(t, len(steps), 5*len(steps)) {
		n, step := a.cluster.Nodes[i%3], steps[i%len(steps)]
		a.harm(fmt.Sprintf("node %d is killed at %s", n.ID, step.name), func() error {
			in, err := disk.Inject(n.Pid(), step.calls, fmt.Sprintf("signal=KILL:when=%d", 1+a.dice.IntN(3)))
			if err != nil {
				return err
			}
			if ended, _ := n.Ended(8 * time.Second); ended {
				hit[step.name]++
				return nil
			}
			if err := in.End(); err != nil {
				return err
			}
			return n.Kill() // the step did not come
		})
		a.calm(500 * time.Millisecond)
		a.restart(n)
		a.calm(time.Second)
	}
	t.Logf("killed at: %v", hit)
	if len(hit) < 3 {
		t.Errorf("only %d of %d steps were hit: %v", len(hit), len(steps), hit)
	}
	a.note = fmt.Sprintf("in %d kinds of steps", len(hit))
	a.settle("F10 killed in a step")
}

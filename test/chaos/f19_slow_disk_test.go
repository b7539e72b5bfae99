package chaos

import (
	"fmt"
	"testing"
	"time"

	"github.com/payhub/payhub/test/chaos/disk"
	"github.com/payhub/payhub/test/chaos/fleet"
)

// TestF19SlowDisk makes the disk of one node slow, of a follower first and then of a leader. With a slow follower hardly less is
// written. A slow leader hands leadership over within 10 s.
func TestF19SlowDisk(t *testing.T) {
	onlyLong(t)
	if err := disk.InjectionMissing(); err != nil {
		t.Skip(err)
	}
	a := enter(t, form{partitions: 1})
	a.calm(3 * time.Second)
	whole := a.writes(4 * time.Second)
	for range rounds(t, 1, 5) {
		follower, err := a.cluster.Follower(a.ctx, 1)
		a.must(err)
		slow := a.slowed(follower, "20ms", 5*time.Second)
		a.note = fmt.Sprintf("writes/s of the probe: whole %d, follower 20 ms slower %d", whole, slow)
		if slow < whole*9/10 {
			t.Errorf("with one slow follower %d writes/s, %d without", slow, whole)
		}
		leader := a.leader(1)
		slow = a.slowed(leader, "500ms", 10*time.Second)
		heir := a.leader(1)
		a.note += fmt.Sprintf(", leader 500 ms slower %d (then node %d leads, before node %d)", slow, heir.ID, leader.ID)
		if heir == leader {
			t.Errorf("node %d still leads after 10 s with a slow disk", leader.ID)
		}
		a.calm(2 * time.Second)
	}
	a.settle("F19 slow disk")
}

// slowed makes the syncs of a node slower for a while, and counts writes meanwhile.
func (a *arena) slowed(n *fleet.Node, by string, during time.Duration) (perSecond int) {
	a.Helper()
	a.harm(fmt.Sprintf("syncs of node %d take %s longer", n.ID, by), func() error {
		in, err := disk.Inject(n.Pid(), disk.Syncs, "delay_enter="+by)
		if err != nil {
			return err
		}
		perSecond = a.writes(during)
		return in.End()
	})
	a.calm(time.Second)
	return perSecond
}

// writes is how many writes of the probe are committed per second, during a while.
func (a *arena) writes(during time.Duration) int {
	before, _ := a.probe.Commits()
	a.calm(during)
	after, _ := a.probe.Commits()
	return int(float64(after-before) / during.Seconds())
}

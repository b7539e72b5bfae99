package raftlog

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/partition"
)

func TestANodeJoinsCatchesUpVotesAndLeaves(t *testing.T) {
	var mu sync.Mutex
	var leaders []raft.ServerID
	c := newLAN(t, 3, func(conf *ReplicaConfig) {
		conf.LeaderChanged = func(id raft.ServerID) { mu.Lock(); leaders = append(leaders, id); mu.Unlock() }
	})
	defer c.stop()
	l := c.put("a1", "x")
	fresh := c.join()
	id := fresh.node.ServerID()
	if ok, behind := l.CaughtUp(id); ok || behind == 0 {
		t.Errorf("a node that is no member counts as caught up (%d behind)", behind)
	}
	must(t, l.AddNonvoter(id))
	if l.Voter(id) {
		t.Error("it has a vote at once")
	}
	waitFor(t, "it catches up", func() bool { ok, behind := l.CaughtUp(id); return ok && behind == 0 })
	if got := fresh.value("a1"); got != "x" {
		t.Errorf("the row is %q", got)
	}
	must(t, l.AddVoter(id))
	if !l.Voter(id) || len(l.Members().Servers) != 4 {
		t.Errorf("members %v", l.Members())
	}
	must(t, l.TransferTo(id))
	if now := c.leader(l); now != fresh {
		t.Fatalf("%s leads, want %s", now.node.ServerID(), id)
	}
	if err := l.AddVoter("9-x"); !errors.Is(err, partition.ErrNotLeader) {
		t.Errorf("a follower changes the members: %v", err)
	}
	must(t, fresh.Remove(l.node.ServerID()))
	fresh.put(t, "a2", "y")
	if len(fresh.Members().Servers) != 3 || fresh.Voter(l.node.ServerID()) {
		t.Errorf("members %v", fresh.Members())
	}
	waitFor(t, "the new leader is told everywhere", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return slices.Contains(leaders, id)
	})
	must(t, l.Replica.Close())
	l.layer.setCut(true)
	must(t, l.node.Forget(1))
	c.replica(l, nil) // it may come again
	must(t, fresh.AddNonvoter(l.node.ServerID()))
	waitFor(t, "it catches up again", func() bool { return l.value("a2") == "y" })
}

func TestAMemberThatIsRemovedDoesNotDisturbTheOthers(t *testing.T) {
	c := newLAN(t, 3, nil)
	defer c.stop()
	l := c.put("a1", "x")
	gone := c.members[(slices.Index(c.members, l)+1)%3]
	must(t, l.Remove(gone.node.ServerID()))
	term := l.Term()
	time.Sleep(5 * 300 * time.Millisecond) // it hears nothing for several election timeouts
	l.put(t, "a2", "y")
	if l.Term() != term {
		t.Errorf("the term went from %d to %d", term, l.Term())
	}
}

func TestALeaderThatIsCutOffGivesUpWithinItsLeaseAndDoesNotDisturbWhenItIsBack(t *testing.T) {
	c := newLAN(t, 3, nil)
	defer c.stop()
	old := c.put("a1", "x")
	old.layer.setCut(true)
	began := time.Now()
	entry, rows := batch("a1", "lost")
	if err := old.Propose(old.term, entry, rows); !errors.Is(err, partition.ErrUnknownOutcome) {
		t.Errorf("the leader without followers says %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it gave up after %v", took)
	}
	old.leads = false
	now := c.leader(old)
	now.put(t, "a1", "y")
	term := now.Term()
	old.layer.setCut(false)
	waitFor(t, "the old leader follows", func() bool { return old.value("a1") == "y" })
	time.Sleep(time.Second)
	if now.Term() != term {
		t.Errorf("the term went from %d to %d", term, now.Term())
	}
}

var failovers = flag.Int("failovers", 6, "how often the leader is killed")

// TestFailover measures the time from the loss of the leader to the next commit.
func TestFailover(t *testing.T) {
	c := newLAN(t, 3, nil)
	defer c.stop()
	var gaps []time.Duration
	for i := range *failovers {
		old := c.put(fmt.Sprintf("a%d", i), "x")
		began := time.Now()
		old.layer.setCut(true)
		old.leads = false
		c.leader(old)
		entry, rows := batch(fmt.Sprintf("b%d", i), "y")
		now := c.leader(old)
		must(t, now.Propose(now.term, entry, rows))
		gaps = append(gaps, time.Since(began))
		old.layer.setCut(false)
		waitFor(t, "the old leader follows", func() bool { return old.value(fmt.Sprintf("b%d", i)) == "y" })
	}
	slices.Sort(gaps)
	t.Logf("%d failovers: p50 %v, p99 %v, longest %v", len(gaps), gaps[len(gaps)/2], gaps[len(gaps)*99/100], gaps[len(gaps)-1])
	if p99 := gaps[len(gaps)*99/100]; p99 > 10*time.Second {
		t.Errorf("p99 is %v", p99)
	}
}

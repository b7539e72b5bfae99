package raftlog

import (
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/partition"
)

// membership is what concerns the members of a replica's partition.
type membership struct {
	r *Replica
	// turn is held by a proposal, or by a transfer of leadership: whoever decides then waits and learns
	// that its proposal was surely not accepted, instead of losing it on the way.
	turn chan struct{}
}

// memberTimeout bounds the wait for a change of the members to be taken up by the leader.
const memberTimeout = 10 * time.Second

// Members are the members of the partition as this replica knows them, the newest configuration
// even when it is not committed yet.
func (m membership) Members() raft.Configuration {
	if rf := m.r.current(); rf != nil {
		if f := rf.GetConfiguration(); f.Error() == nil {
			return f.Configuration()
		}
	}
	return raft.Configuration{}
}

// AddNonvoter adds a member that gets the log and has no vote; the leader only. A member that is
// there keeps its vote. It returns when the change is committed. Errors: partition.ErrNotLeader,
// partition.ErrUnknownOutcome, and raft's for a change that is not allowed now.
func (m membership) AddNonvoter(id raft.ServerID) error {
	return m.change("add "+string(id), func(rf *raft.Raft) raft.Future {
		return rf.AddNonvoter(id, raft.ServerAddress(id), 0, memberTimeout)
	})
}

// AddVoter adds a member with a vote, or gives one to a member that had none; the leader only. A
// member should have caught up before: until then it counts for the majority and cannot help it.
func (m membership) AddVoter(id raft.ServerID) error {
	return m.change("give a vote to "+string(id), func(rf *raft.Raft) raft.Future {
		return rf.AddVoter(id, raft.ServerAddress(id), 0, memberTimeout)
	})
}

// Remove removes a member; the leader only. A leader that removes itself gives up leadership.
func (m membership) Remove(id raft.ServerID) error {
	return m.change("remove "+string(id), func(rf *raft.Raft) raft.Future { return rf.RemoveServer(id, 0, memberTimeout) })
}

// change makes a change of the members.
func (m membership) change(what string, begin func(*raft.Raft) raft.Future) error {
	rf := m.r.current()
	if rf == nil {
		return ErrStopped
	}
	if err := begin(rf).Error(); err != nil {
		if rf.State() == raft.Leader { // raft refuses it
			return fmt.Errorf("raftlog: partition %d: %s: %w", m.r.config.Partition, what, err)
		}
		return m.r.explain(err)
	}
	return nil
}

// caughtUpWithin is how many entries a member may be behind to count as caught up: what is under way.
const caughtUpWithin = 64

// CaughtUp tells, at the leader, whether the log of a member surely agrees with the leader's up to
// its end, but for what is under way, and how many entries are missing. A leader that has not
// heard of the member in its term knows nothing and says that all are.
func (m membership) CaughtUp(id raft.ServerID) (caughtUp bool, behind uint64) {
	rf := m.r.current()
	if rf == nil {
		return false, 0
	}
	if id == m.r.node.ServerID() {
		return rf.State() == raft.Leader, 0
	}
	last, match := rf.LastIndex(), m.r.transport.matched(id, rf.CurrentTerm())
	behind = last - min(match, last)
	return rf.State() == raft.Leader && match > 0 && behind <= caughtUpWithin, behind
}

// TransferTo hands leadership to a member, which must have a vote; the leader only. It returns when
// this replica no longer leads. What is under way is committed before, proposals wait meanwhile.
func (m membership) TransferTo(id raft.ServerID) error {
	defer m.quiet()()
	return m.change("hand leadership to "+string(id), func(rf *raft.Raft) raft.Future {
		return rf.LeadershipTransferToServer(id, raft.ServerAddress(id))
	})
}

// TransferLeadership hands leadership to another member, if there is one that is up to date, as
// TransferTo does.
func (m membership) TransferLeadership() error {
	defer m.quiet()()
	return m.r.current().LeadershipTransfer().Error()
}

// quietWait bounds the wait for what is under way: without a majority it never ends.
const quietWait = 500 * time.Millisecond

// quiet waits until nothing is under way and keeps proposals waiting until the function it returns is
// called.
func (m membership) quiet() (end func()) {
	limit := time.NewTimer(quietWait)
	defer limit.Stop()
	select {
	case m.turn <- struct{}{}:
		return func() { <-m.turn }
	case <-limit.C:
		return func() {}
	}
}

// Voter tells whether a member has a vote, as this replica knows it.
func (m membership) Voter(id raft.ServerID) bool {
	for _, s := range m.Members().Servers {
		if s.ID == id {
			return s.Suffrage == raft.Voter
		}
	}
	return false
}

var _ partition.Log = (*Replica)(nil)

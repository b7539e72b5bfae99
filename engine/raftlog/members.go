package raftlog

import (
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/partition"
)

// memberTimeout bounds the wait for a change of the members to be taken up by the leader.
const memberTimeout = 10 * time.Second

// Members are the members of the partition as this replica knows them, the newest configuration
// even when it is not committed yet.
func (r *Replica) Members() raft.Configuration {
	if rf := r.current(); rf != nil {
		if f := rf.GetConfiguration(); f.Error() == nil {
			return f.Configuration()
		}
	}
	return raft.Configuration{}
}

// AddNonvoter adds a member that gets the log and has no vote; the leader only. A member that is
// there keeps its vote. It returns when the change is committed. Errors: partition.ErrNotLeader,
// partition.ErrUnknownOutcome, and raft's for a change that is not allowed now.
func (r *Replica) AddNonvoter(id raft.ServerID) error {
	return r.change("add "+string(id), func(rf *raft.Raft) raft.Future {
		return rf.AddNonvoter(id, raft.ServerAddress(id), 0, memberTimeout)
	})
}

// AddVoter adds a member with a vote, or gives one to a member that had none; the leader only. A
// member should have caught up before: until then it counts for the majority and cannot help it.
func (r *Replica) AddVoter(id raft.ServerID) error {
	return r.change("give a vote to "+string(id), func(rf *raft.Raft) raft.Future {
		return rf.AddVoter(id, raft.ServerAddress(id), 0, memberTimeout)
	})
}

// Remove removes a member; the leader only. A leader that removes itself gives up leadership.
func (r *Replica) Remove(id raft.ServerID) error {
	return r.change("remove "+string(id), func(rf *raft.Raft) raft.Future { return rf.RemoveServer(id, 0, memberTimeout) })
}

// change makes a change of the members.
func (r *Replica) change(what string, begin func(*raft.Raft) raft.Future) error {
	rf := r.current()
	if rf == nil {
		return ErrStopped
	}
	if err := begin(rf).Error(); err != nil {
		if rf.State() == raft.Leader { // raft refuses it
			return fmt.Errorf("raftlog: partition %d: %s: %w", r.config.Partition, what, err)
		}
		return r.explain(err)
	}
	return nil
}

// caughtUpWithin is how many entries a member may be behind to count as caught up: what is under way.
const caughtUpWithin = 64

// CaughtUp tells, at the leader, whether the log of a member surely agrees with the leader's up to
// its end, but for what is under way, and how many entries are missing. A leader that has not
// heard of the member in its term knows nothing and says that all are.
func (r *Replica) CaughtUp(id raft.ServerID) (caughtUp bool, behind uint64) {
	rf := r.current()
	if rf == nil {
		return false, 0
	}
	if id == r.node.ServerID() {
		return rf.State() == raft.Leader, 0
	}
	last, match := rf.LastIndex(), r.transport.matched(id, rf.CurrentTerm())
	behind = last - min(match, last)
	return rf.State() == raft.Leader && match > 0 && behind <= caughtUpWithin, behind
}

// TransferTo hands leadership to a member, which must have a vote; the leader only. It returns when
// this replica no longer leads. Proposals wait meanwhile.
func (r *Replica) TransferTo(id raft.ServerID) error {
	return r.change("hand leadership to "+string(id), func(rf *raft.Raft) raft.Future {
		return rf.LeadershipTransferToServer(id, raft.ServerAddress(id))
	})
}

// Voter tells whether a member has a vote, as this replica knows it.
func (r *Replica) Voter(id raft.ServerID) bool {
	for _, s := range r.Members().Servers {
		if s.ID == id {
			return s.Suffrage == raft.Voter
		}
	}
	return false
}

var _ partition.Log = (*Replica)(nil)

package raftlog

import (
	"context"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/partition"
)

// Leadership tells of each change; only the newest waits to be received. A leader is announced
// after a barrier.
func (r *Replica) Leadership() <-chan partition.Leadership { return r.leadership }

// Leader is the raft id of the partition's leader as far as this replica knows, empty if unknown.
func (r *Replica) Leader() raft.ServerID {
	_, id := r.current().LeaderWithID()
	return id
}

// Term is the newest term this replica has seen.
func (r *Replica) Term() uint64 { return r.current().CurrentTerm() }

// LastIndex is the end of this replica's log, committed or not: after the loss of a majority, the
// replica with the highest term and then the highest index knows most.
func (r *Replica) LastIndex() (term, index uint64) {
	index = r.current().LastIndex()
	if at, ok := r.view.term(index); ok {
		return at, index
	}
	n, err := parseNote(r.store.Note())
	if err != nil {
		return 0, index
	}
	return n.term, index
}

// observe passes changes of the leader on, each once, until raft is shut down.
func (r *Replica) observe(rf *raft.Raft) {
	changes := make(chan raft.Observation, 8)
	rf.RegisterObserver(raft.NewObserver(changes, false, func(o *raft.Observation) bool {
		_, ok := o.Data.(raft.LeaderObservation)
		return ok
	}))
	r.running.Add(1)
	go func() {
		defer r.running.Done()
		var told raft.ServerID
		for {
			select {
			case <-changes:
			case <-r.stop:
				return
			}
			if rf != r.current() {
				return
			}
			if leader := r.Leader(); leader != told { // an observation may have been dropped: ask
				told = leader
				r.config.LeaderChanged(leader)
			}
		}
	}()
}

// barrierTimeout bounds the time a new leader waits to append its barrier, not to commit it.
const barrierTimeout = 10 * time.Second

// watchLeadership announces leadership once everything of earlier terms is applied.
func (r *Replica) watchLeadership() {
	defer r.running.Done()
	for {
		var leads bool
		select {
		case leads = <-r.notify:
		case <-r.stop:
			return
		}
		l := partition.Leadership{Leader: leads, Term: r.Term()}
		if leads && !r.settled(l.Term) {
			continue // lost again; raft says so next
		}
		select {
		case <-r.leadership: // nobody took the older news
		default:
		}
		r.leadership <- l
	}
}

// settled waits until everything of earlier terms is applied; false when leadership is lost first.
func (r *Replica) settled(term uint64) bool {
	rf := r.current()
	for rf.State() == raft.Leader && rf.CurrentTerm() == term {
		if rf.Barrier(barrierTimeout).Error() == nil {
			return rf.CurrentTerm() == term
		}
		time.Sleep(transferPause)
	}
	return false
}

// Barrier returns when everything committed before the call is applied; only a leader can tell.
func (r *Replica) Barrier(timeout time.Duration) error {
	if err := r.current().Barrier(timeout).Error(); err != nil {
		return r.explain(err)
	}
	return nil
}

// Confirm returns when a majority has confirmed, after the call, that this replica leads: what is
// read from its state from then on is not older than the call.
func (r *Replica) Confirm() error {
	if err := r.current().VerifyLeader().Error(); err != nil {
		return r.explain(err)
	}
	return nil
}

// Raft is the raft instance in force, for its figures.
func (r *Replica) Raft() *raft.Raft { return r.current() }

// WaitForLeader waits until some member leads the partition.
func (r *Replica) WaitForLeader(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for r.Leader() == "" {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

package raftlog

import (
	"fmt"
	"slices"

	"github.com/hashicorp/raft"
)

// RecoverAlone makes this replica the whole memory of its partition after a majority was lost for
// good: everything in its log counts as committed, the members are voters from now on, and it is
// their first. What only the lost members had is lost. It is an operator's decision and must be
// taken on exactly one replica of the partition, the one whose LastIndex is the highest; every other
// member must be new: with an empty disk, or after Node.Forget. The lost members must never come
// back with their old data.
func (m membership) RecoverAlone(voters []raft.Server) error {
	r := m.r
	r.changing.Lock()
	defer r.changing.Unlock()
	if r.closed.Load() {
		return ErrStopped
	}
	self := r.node.ServerID()
	if !slices.ContainsFunc(voters, func(s raft.Server) bool { return s.ID == self && s.Suffrage == raft.Voter }) {
		return fmt.Errorf("raftlog: partition %d: %s must be one of the voters it recovers with", r.config.Partition, self)
	}
	if err := r.current().Shutdown().Error(); err != nil {
		return err
	}
	if err := r.commitAll(); err != nil {
		return fmt.Errorf("raftlog: partition %d: recover: %w", r.config.Partition, err)
	}
	if err := r.setMembers(voters); err != nil {
		return fmt.Errorf("raftlog: partition %d: recover: %w", r.config.Partition, err)
	}
	// Changes of the members in the log are those of the cluster that was lost: nobody may see them.
	if first, _ := r.view.FirstIndex(); first > 0 {
		if err := r.view.DeleteRange(first, r.view.newest()); err != nil {
			return err
		}
	}
	if err := r.machine.adopt(); err != nil {
		return err
	}
	return r.startRaft(nil)
}

// commitAll applies whatever the log holds.
func (r *Replica) commitAll() error {
	for index := r.store.AppliedIndex() + 1; index <= r.view.newest(); index++ {
		var l raft.Log
		if err := r.view.Read(index, &l); err != nil {
			return err
		}
		if l.Type == raft.LogCommand {
			if err, failed := r.machine.Apply(&l).(error); failed && r.Err() != nil {
				return err
			}
			continue
		}
		r.machine.pass(&l)
	}
	return nil
}

package raftlog

import (
	"errors"
	"fmt"

	"github.com/hashicorp/raft"
)

// align brings state and log into line after a restart. The log is always ahead of the state or
// level with it, unless the state came from another node or a backup, which is on record then in a
// file of entries that came with it.
func (r *Replica) align(voters []raft.Server) error {
	if err := r.adoptEntries(); err != nil {
		return err
	}
	have, newest := r.store.FlushedIndex(), r.view.newest()
	first, _ := r.view.FirstIndex()
	switch {
	case have > newest:
		return fmt.Errorf("the state ends at entry %d, but the log ends at entry %d: the log, or its end, is missing, and with "+
			"it may be what was acknowledged (bring the folder of the log back; in a cluster, move the data folder away "+
			"and start the node empty)", have, newest)
	case first > have+1:
		return fmt.Errorf("the state ends at entry %d, but the log begins at entry %d: entries between them are missing "+
			"(bring the folder of the state back from a backup; in a cluster, move the data folder away and start the "+
			"node empty)", have, first)
	}
	return r.formAnew(voters)
}

// formAnew gives a restored partition its new members, those of its cluster before are others.
func (r *Replica) formAnew(voters []raft.Server) error {
	if restored, err := r.restored(); err != nil || !restored {
		return err
	}
	if len(voters) == 0 {
		return errors.New("the partition was restored from a backup: it must be formed with its members, all of them " +
			"restored from the same one")
	}
	if err := r.setMembers(voters); err != nil {
		return err
	}
	return r.endRestore()
}

// setMembers makes the given ones the members as of the applied index, whatever they were.
func (r *Replica) setMembers(voters []raft.Server) error {
	n, err := parseNote(r.store.Note())
	if err != nil {
		return err
	}
	n.config, n.confAt = raft.Configuration{Servers: voters}, r.store.AppliedIndex()
	r.store.Renote(n.append(nil))
	return r.store.Flush()
}

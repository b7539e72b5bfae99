package raftlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

// stamp is the coded term that entries carry, made once per term.
type stamp struct {
	term  uint64
	coded []byte
}

// Propose appends a coded batch decided in a term, with its rows, and returns when it is committed
// and applied here; see partition.Log.
func (r *Replica) Propose(term uint64, entry []byte, rows []record.Row) error {
	if err := r.Err(); err != nil {
		return err
	}
	s := r.stamp.Load()
	if s == nil || s.term != term {
		s = &stamp{term, binary.BigEndian.AppendUint64(nil, term)}
		r.stamp.Store(s)
	}
	r.turn <- struct{}{}
	defer func() { <-r.turn }()
	r.machine.pending.Store(&proposal{entry, rows})
	err := r.apply(raft.Log{Data: entry, Extensions: s.coded})
	for errors.Is(err, raft.ErrLeadershipTransferInProgress) { // it ends with a new leader or with this one
		time.Sleep(transferPause)
		err = r.apply(raft.Log{Data: entry, Extensions: s.coded})
	}
	r.machine.pending.Store(nil)
	r.considerShortening()
	if err == nil {
		return nil
	}
	return r.explain(err)
}

// transferPause is the wait between two looks at a leadership transfer in progress.
const transferPause = 5 * time.Millisecond

func (r *Replica) apply(l raft.Log) error {
	f := r.current().ApplyLog(l, 0)
	if err := f.Error(); err != nil {
		return err
	}
	if answer, ok := f.Response().(error); ok {
		return answer
	}
	return nil
}

// explain tells what an error of raft means for the proposal.
func (r *Replica) explain(err error) error {
	if latched := r.Err(); latched != nil {
		return latched
	}
	switch {
	case errors.Is(err, partition.ErrNotLeader), errors.Is(err, raft.ErrNotLeader):
		return partition.ErrNotLeader
	default: // raft.ErrLeadershipLost, raft.ErrRaftShutdown, and what raft may add
		return fmt.Errorf("%w: %w", partition.ErrUnknownOutcome, err)
	}
}

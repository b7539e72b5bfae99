package raftlog

import (
	"io"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// Settings of a transport. A connection carries one call at a time, so the pool has one for
// heartbeats, one for entries, one for votes and one for a state on its way.
const (
	transportPool    = 4
	transportTimeout = 2 * time.Second
	// One parcel of entries is under way per follower, in a call of its own: a partition proposes one entry at a time, so
	// raft's pipelining would gain nothing, and its sender can wait for ever for a receiver that has gone.
	transportFlights = 1
)

// NewTransport connects the replicas of one partition over a stream layer. A call that is not
// answered within 2 s fails; a state gets that time per 256 KiB. The replica closes it.
func NewTransport(layer raft.StreamLayer, logger hclog.Logger) *raft.NetworkTransport {
	if logger == nil {
		logger = hclog.NewNullLogger()
	}
	return raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream: layer, Logger: logger, MaxPool: transportPool, MaxRPCsInFlight: transportFlights,
		Timeout: transportTimeout, MsgpackUseNewTimeFormat: true,
	})
}

// watched is a transport that remembers how far the log of each follower surely agrees with the
// leader's. Raft may be stopped and started again on it, so it does not close with raft.
type watched struct {
	raft.Transport
	raft.WithPreVote

	mu        sync.Mutex
	followers map[raft.ServerID]match
}

// match is what a follower has acknowledged in a term of the leader.
type match struct{ term, index uint64 }

// transport is what a replica needs of one: votes are asked for before a term is begun, so that a
// member that was away does not disturb the others when it comes back.
type transport interface {
	raft.Transport
	raft.WithPreVote
}

func watch(t transport) *watched {
	return &watched{Transport: t, WithPreVote: t, followers: map[raft.ServerID]match{}}
}

// AppendEntries sends entries or a heartbeat. The first answer in a term to a call with entries
// proves that the logs agree up to there; from then on the follower's log only grows along the
// leader's, so that the end it tells with each heartbeat is known to agree too.
func (w *watched) AppendEntries(id raft.ServerID, target raft.ServerAddress, args *raft.AppendEntriesRequest,
	resp *raft.AppendEntriesResponse,
) error {
	err := w.Transport.AppendEntries(id, target, args, resp)
	if err != nil || !resp.Success {
		return err
	}
	if sent := args.PrevLogEntry + uint64(len(args.Entries)); sent > 0 { // not a heartbeat
		w.agrees(id, args.Term, sent)
		return nil
	}
	if w.matched(id, args.Term) > 0 {
		w.agrees(id, args.Term, resp.LastLog)
	}
	return nil
}

// InstallSnapshot sends a state, with which a follower's log agrees up to its index.
func (w *watched) InstallSnapshot(id raft.ServerID, target raft.ServerAddress, args *raft.InstallSnapshotRequest,
	resp *raft.InstallSnapshotResponse, data io.Reader,
) error {
	err := w.Transport.InstallSnapshot(id, target, args, resp, data)
	if err == nil && resp.Success {
		w.agrees(id, args.Term, args.LastLogIndex)
	}
	return err
}

// agrees notes how far a follower's log agrees with the leader's of a term.
func (w *watched) agrees(id raft.ServerID, term, index uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.followers[id]
	if m.term != term {
		m = match{term: term}
	}
	m.index = max(m.index, index)
	w.followers[id] = m
}

// matched is the index up to which a follower's log surely agrees in a term, 0 if nothing is known.
func (w *watched) matched(id raft.ServerID, term uint64) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if m := w.followers[id]; m.term == term {
		return m.index
	}
	return 0
}

// close closes the transport under the watch, and its connections to others; those from others are
// the stream layer's.
func (w *watched) close() error {
	if c, ok := w.Transport.(interface{ CloseStreams() }); ok {
		c.CloseStreams()
	}
	if c, ok := w.Transport.(raft.WithClose); ok {
		return c.Close()
	}
	return nil
}

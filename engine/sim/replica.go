package sim

import (
	"fmt"

	"github.com/payhub/payhub/engine/record"
)

// replica is one node's share of a partition: the fake Raft that stands for hashicorp/raft and engine/raftlog, the
// state, and the partition's runtime.
type replica struct {
	n         *node
	partition int32
	image     *image
	log       *raftLog
	store     *store

	term   uint64
	vote   serverID
	role   role
	leader serverID // as far as it knows
	heard  int64    // from the leader, true time

	config    *configuration // the newest one in the log
	committed *configuration // the newest one that is committed
	commit    uint64

	election   election
	leading    *leading // while it leads
	installing bool     // a received state is being written
	owner      *owner
}

type role uint8

const (
	follows role = iota
	stands
	leads
)

func (r *replica) self() serverID { return r.n.id() }
func (r *replica) w() *world      { return r.n.w }

// open reads the disk and begins as a follower.
func openReplica(n *node, partition int32, m *image) *replica {
	r := &replica{n: n, partition: partition, image: m, store: m.store, term: m.term, vote: m.vote, leader: none}
	m.store.crash()
	m.store.broken = func(key []byte) {
		r.w().violate("I9", fmt.Sprintf("partition %d, node %d: a row that is there already is inserted: %q", partition, n.number, key))
	}
	r.log = openLog(&n.disk, m)
	note := m.store.base.note
	if note.index > r.log.last() { // the state came from another node, and the log is behind
		r.log.reset(note.index+1, nil, note.term)
		n.disk.write(operation{image: m, apply: func(m *image) { m.first, m.entries = note.index+1, nil }})
	} else if r.log.first > note.index+1 {
		r.w().violate("recovery", fmt.Sprintf("partition %d, node %d: the state ends at entry %d, but the log begins at %d", partition, n.number, note.index, r.log.first))
	}
	r.commit = note.index
	r.committed = note.config
	r.reconfigure()
	r.owner = newOwner(r)
	r.election.begin(r)
	return r
}

// reconfigure finds the newest configuration in the log.
func (r *replica) reconfigure() {
	r.config = r.committed
	for i := len(r.log.entries) - 1; i >= 0; i-- {
		if c := r.log.entries[i].config; c != nil && (r.config == nil || c.index > r.config.index) {
			r.config = c
			return
		}
	}
}

// send takes a message to the same partition's replica at another member, if it still is that member.
func (r *replica) send(to serverID, receive func(*replica)) {
	target := r.w().nodes[to.node]
	r.w().net.send(&r.n.process, &target.process, func() {
		if target.generation != to.generation {
			return
		}
		if other := target.replica(r.partition); other != nil && !other.installing {
			receive(other)
		}
	})
}

// adopt takes over a higher term; it is on the disk before anything is answered.
func (r *replica) adopt(term uint64) {
	if term <= r.term {
		return
	}
	r.term, r.vote = term, none
	r.n.disk.promise(r.image, r.term, r.vote)
	r.follow(none)
}

// follow ends whatever the replica was and makes it a follower.
func (r *replica) follow(leader serverID) {
	was := r.role
	r.role, r.leader = follows, leader
	if was == leads {
		r.stepDown()
	}
}

// applyCommitted brings committed entries into the state: what raft's state machine does.
func (r *replica) applyCommitted() {
	for r.store.index < r.commit {
		e := r.log.at(r.store.index + 1)
		if e == nil {
			r.w().violate("log", fmt.Sprintf("partition %d, node %d: entry %d is committed and is not there", r.partition, r.n.number, r.store.index+1))
			return
		}
		r.apply(e)
	}
}

// apply mirrors engine/raftlog's machine: an entry that was appended in a later term than the one it was decided in has
// no effect.
func (r *replica) apply(e *entry) {
	var rows []record.Row
	mine := r.leading != nil && r.leading.proposal != nil && r.leading.proposal.entry == e
	effective := e.bytes != nil && e.decided == e.term
	if effective {
		if mine {
			rows = r.leading.proposal.rows
		} else {
			var err error
			if rows, err = e.decodedRows(); err != nil {
				r.w().violate("codec", err.Error())
				return
			}
		}
	}
	if e.config != nil {
		r.committed = e.config
	}
	r.store.apply(note{e.index, e.term, r.committed}, rows)
	r.w().checks.applied(r, e, effective)
	if mine {
		p := r.leading.proposal
		r.leading.proposal = nil
		if effective {
			p.done(nil)
		} else {
			p.done(errNotLeader)
		}
	}
	if r.leading != nil {
		r.settle(e)
	}
}

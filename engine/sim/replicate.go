package sim

import (
	"errors"
	"slices"

	"github.com/payhub/payhub/engine/record"
)

// What becomes of a proposal; see engine/partition's errors of the same names.
var (
	errNotLeader      = errors.New("this node does not lead the partition")
	errUnknownOutcome = errors.New("leadership was lost while the batch was on its way")
)

// leading is what a leader knows.
type leading struct {
	peers    []*peer
	barrier  uint64    // index of the entry after which it may decide
	settled  bool      // the barrier is applied
	synced   uint64    // own entries that are on the disk
	proposal *proposal // the batch on its way
	target   serverID  // leadership is being handed to
	deadline int64     // until when
}

// proposal is a batch on its way into the log.
type proposal struct {
	entry *entry
	rows  []record.Row
	done  func(error)
}

// peer is another member as its leader sees it.
type peer struct {
	id          serverID
	next, match uint64
	asked       uint64 // number of the newest request
	waits       bool   // for the answer to it
	heard       int64
	again       int64 // before that the state is not sent once more
}

// lead begins leadership.
func (r *replica) lead() {
	r.role, r.leader = leads, r.self()
	r.leading = &leading{target: none}
	r.syncPeers()
	r.appendOwn(&entry{})
	r.leading.barrier = r.log.last()
	r.beat(r.leading)
}

// stepDown ends it: nobody knows what becomes of the batch on its way.
func (r *replica) stepDown() {
	l := r.leading
	r.leading = nil
	r.heard = r.w().now
	if l.proposal != nil {
		l.proposal.done(errUnknownOutcome)
	}
	r.owner.told(false, r.term)
}

// syncPeers makes the list of peers what the configuration says.
func (r *replica) syncPeers() {
	old := r.leading.peers
	r.leading.peers = nil
	for _, m := range r.config.members {
		if m.id == r.self() {
			continue
		}
		if i := slices.IndexFunc(old, func(p *peer) bool { return p.id == m.id }); i >= 0 {
			r.leading.peers = append(r.leading.peers, old[i])
			continue
		}
		r.leading.peers = append(r.leading.peers, &peer{id: m.id, next: r.log.last() + 1, heard: r.w().now})
	}
}

// appendOwn adds an entry as leader: it goes to the others when it is on the own disk.
func (r *replica) appendOwn(e *entry) {
	e.index, e.term = r.log.last()+1, r.term
	e.leader, e.clock, e.real = r.n.number, r.n.clock.wall(), r.w().millis()
	if e.config != nil {
		e.config.index = e.index
		r.config = e.config
		r.syncPeers()
	}
	r.log.append([]*entry{e})
	l := r.leading
	r.n.disk.sync(func() {
		if r.leading != l {
			return
		}
		l.synced = max(l.synced, e.index)
		for _, p := range l.peers {
			r.replicate(p)
		}
		r.advance()
	})
}

// propose has a batch replicated; done is called once, when it is applied here or will not be known to be.
func (r *replica) propose(decided uint64, coded []byte, rows []record.Row, done func(error)) {
	if r.role != leads {
		done(errNotLeader)
		return
	}
	if r.leading.target != none { // it ends with a new leader or with this one
		r.n.after(transferPause, func() { r.propose(decided, coded, rows, done) })
		return
	}
	e := &entry{decided: decided, bytes: coded}
	r.leading.proposal = &proposal{e, rows, done}
	r.appendOwn(e)
}

// transferPause is the wait between two looks at a hand-over of leadership.
const transferPause = 5000

// beat sends heartbeats and looks whether the lease holds.
func (r *replica) beat(l *leading) {
	if r.leading != l {
		return
	}
	now, lease := r.w().now, r.w().setup.heartbeat/2
	reached := 0
	if r.config.voter(r.self()) {
		reached++
	}
	for _, p := range l.peers {
		if r.config.voter(p.id) && now-p.heard < lease {
			reached++
		}
	}
	if reached < r.config.majority() {
		r.follow(none)
		return
	}
	if l.target != none && now > l.deadline {
		l.target = none
	}
	for _, p := range l.peers {
		p.waits = false
		r.replicate(p)
	}
	r.n.after(r.w().setup.heartbeat/6, func() { r.beat(l) })
}

// atOnce bounds the entries of one message.
const atOnce = 64

// replicate sends a peer what it lacks, or asks it for a sign of life; one request at a time.
func (r *replica) replicate(p *peer) {
	if p.waits || r.leading == nil {
		return
	}
	previous, known := r.log.term(p.next - 1)
	if !known || p.next <= r.log.hidden {
		r.sendState(p)
		return
	}
	p.waits = true
	p.asked++
	asked, self, term, index, commit := p.asked, r.self(), r.term, p.next-1, r.commit
	var entries []*entry
	if r.leading.synced >= p.next {
		entries = r.log.slice(p.next, min(atOnce, int(r.leading.synced-p.next+1)))
	}
	sent := r.w().now
	r.send(p.id, func(other *replica) {
		other.appendAsked(self, term, index, previous, entries, commit, func(ok bool, match, at uint64) {
			other.send(self, func(r *replica) { r.appendAnswered(other.self(), term, asked, sent, ok, match, at) })
		})
	})
}

// appendAsked takes entries of the leader; it answers when they are on the disk.
func (r *replica) appendAsked(from serverID, term, index, previous uint64, entries []*entry, commit uint64, answer func(ok bool, match, term uint64)) {
	if term < r.term {
		answer(false, 0, r.term)
		return
	}
	r.adopt(term)
	if r.role != follows || r.leader != from {
		r.follow(from)
	}
	r.heard = r.w().now
	if mine, known := r.log.term(index); !known && index > r.commit || known && mine != previous {
		answer(false, min(r.log.last(), index-1), r.term)
		return
	}
	match := index + uint64(len(entries))
	r.take(entries)
	r.n.disk.sync(func() {
		if r.term != term {
			return
		}
		answer(true, match, term)
		if reached := min(commit, match); reached > r.commit {
			r.commit = reached
			r.applyCommitted()
		}
	})
}

// take appends the entries that are not there yet; only those that differ are cut off.
func (r *replica) take(entries []*entry) {
	for i, e := range entries {
		if e.index < r.log.first {
			continue
		}
		if mine := r.log.at(e.index); mine != nil && mine.term == e.term {
			continue
		}
		if e.index <= r.commit {
			r.w().violate("log", "a committed entry would be replaced")
			return
		}
		cut := e.index <= r.log.last()
		r.log.append(entries[i:])
		if cut || slices.ContainsFunc(entries[i:], func(e *entry) bool { return e.config != nil }) {
			r.reconfigure()
		}
		return
	}
}

func (r *replica) appendAnswered(from serverID, term, asked uint64, sent int64, ok bool, match, at uint64) {
	if at > r.term {
		r.adopt(at)
		return
	}
	if r.leading == nil || term != r.term {
		return
	}
	i := slices.IndexFunc(r.leading.peers, func(p *peer) bool { return p.id == from })
	if i < 0 {
		return
	}
	p := r.leading.peers[i]
	p.heard = max(p.heard, sent)
	if ok {
		p.match = max(p.match, match)
		p.next = max(p.next, p.match+1)
		r.advance()
	} else if asked == p.asked {
		p.next = max(p.match+1, min(p.next-1, match+1), 1)
	}
	if r.leading == nil {
		return
	}
	if asked == p.asked {
		p.waits = false
	}
	if p.next <= r.leading.synced || !ok {
		r.replicate(p)
	}
	handOverTo(r, p)
}

// advance commits what a majority has.
func (r *replica) advance() {
	l := r.leading
	var have []uint64
	for _, m := range r.config.members {
		if !m.voter {
			continue
		}
		if m.id == r.self() {
			have = append(have, l.synced)
			continue
		}
		for _, p := range l.peers {
			if p.id == m.id {
				have = append(have, p.match)
			}
		}
	}
	slices.Sort(have)
	reached := have[len(have)-r.config.majority()]
	if term, _ := r.log.term(reached); reached <= r.commit || term != r.term {
		return
	}
	from := r.commit
	r.commit = reached
	r.w().checks.committed(r, from+1, reached)
	r.applyCommitted()
}

// settle announces leadership to the partition once the barrier is applied, and leaves when it is no longer a member.
func (r *replica) settle(e *entry) {
	l := r.leading
	if e.index >= l.barrier && !l.settled {
		l.settled = true
		r.owner.told(true, r.term)
	}
	if e.config != nil && !e.config.voter(r.self()) {
		r.follow(none)
	}
}

package sim

// election is what a replica does to get a leader. It follows hashicorp/raft: votes are asked for in advance, a replica
// that hears from a leader refuses its vote, and promises are on the disk before they are given.
type election struct {
	round   uint64 // counts attempts, so that late answers are told from new ones
	votes   []serverID
	ahead   bool // only asking whether votes would be given
	handed  bool // the leader has handed over leadership
	checked uint64
}

// begin starts the watch for a leader.
func (e *election) begin(r *replica) {
	r.heard = r.w().now
	e.watch(r, patience(r))
}

// patience is how long a replica waits for a leader: the heartbeat time-out and up to as much again.
func patience(r *replica) int64 {
	h := r.w().setup.heartbeat
	return h + int64(r.w().pick(int(h)))
}

// watch looks again after a while whether there is a leader.
func (e *election) watch(r *replica, wait int64) {
	e.checked++
	check := e.checked
	r.n.after(wait, func() {
		if e.checked != check {
			return
		}
		e.look(r)
		e.watch(r, patience(r))
	})
}

// look begins an election when no leader was heard of.
func (e *election) look(r *replica) {
	if r.role == leads || r.installing || r.w().now-r.heard < r.w().setup.heartbeat {
		return
	}
	if r.config == nil || !r.config.voter(r.self()) {
		r.leader = none
		return
	}
	r.leader = none
	e.ask(r, true, false)
}

// ask asks everybody for votes: ahead for whether they would be given, then for real.
func (e *election) ask(r *replica, ahead, handed bool) {
	e.round++
	e.ahead, e.handed, e.votes = ahead, handed, nil
	term := r.term + 1
	if !ahead {
		r.role, r.leader = stands, none
		r.term, r.vote = term, r.self()
		r.n.disk.promise(r.image, r.term, r.vote)
	}
	round := e.round
	r.n.disk.sync(func() {
		if e.round != round {
			return
		}
		lastIndex, lastTerm := r.log.last(), r.log.lastTerm()
		self := r.self()
		for _, m := range r.config.members {
			if m.voter && m.id != self {
				r.send(m.id, func(other *replica) {
					other.voteAsked(self, term, lastIndex, lastTerm, ahead, handed, func(granted bool, at uint64) {
						other.send(self, func(r *replica) { voteAnswered(r, other.self(), round, granted, at) })
					})
				})
			}
		}
		e.count(r, self)
	})
}

// voteAsked decides about a vote and answers once the decision is on the disk.
func (r *replica) voteAsked(who serverID, term, lastIndex, lastTerm uint64, ahead, handed bool, answer func(granted bool, term uint64)) {
	if term < r.term || r.leader != none && r.leader != who && !handed || r.role == leads && !handed {
		answer(false, r.term)
		return
	}
	if r.config != nil && !r.config.voter(who) {
		answer(false, r.term)
		return
	}
	mine := r.log.lastTerm()
	current := lastTerm > mine || lastTerm == mine && lastIndex >= r.log.last()
	if ahead {
		answer(current && (term > r.term || r.vote == none || r.vote == who), r.term)
		return
	}
	r.adopt(term)
	granted := current && (r.vote == none || r.vote == who)
	if granted && r.vote == none {
		r.vote = who
		r.n.disk.promise(r.image, r.term, r.vote)
		r.heard = r.w().now
	}
	r.n.disk.sync(func() { answer(granted && r.term == term, r.term) })
}

func voteAnswered(r *replica, from serverID, round uint64, granted bool, term uint64) {
	if term > r.term && !granted {
		r.adopt(term)
		return
	}
	if granted && r.election.round == round {
		r.election.count(r, from)
	}
}

// count takes a vote; a majority ends the election.
func (e *election) count(r *replica, from serverID) {
	for _, v := range e.votes {
		if v == from {
			return
		}
	}
	if !r.config.voter(from) {
		return
	}
	e.votes = append(e.votes, from)
	if len(e.votes) < r.config.majority() {
		return
	}
	switch {
	case e.ahead && r.role != leads:
		e.ask(r, false, e.handed)
	case !e.ahead && r.role == stands:
		e.round++
		r.lead()
	}
}

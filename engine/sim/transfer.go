package sim

// transferTo hands leadership to another voter: nothing is proposed until the other one leads or the time is over.
func transferTo(r *replica, to serverID) {
	if r.leading == nil || r.leading.target != none || !r.config.voter(to) || to == r.self() {
		return
	}
	r.leading.target, r.leading.deadline = to, r.w().now+r.w().setup.heartbeat
	for _, p := range r.leading.peers {
		handOverTo(r, p)
	}
}

// handOverTo tells the next leader to ask for votes at once, when it has everything.
func handOverTo(r *replica, p *peer) {
	if r.leading == nil || r.leading.target != p.id || p.match < r.log.last() {
		return
	}
	term := r.term
	r.send(p.id, func(other *replica) {
		if other.term == term && other.role == follows && other.config.voter(other.self()) {
			other.leader = none
			other.election.ask(other, false, true)
		}
	})
}

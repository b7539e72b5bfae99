package sim

// stateAgain is the shortest time between two transfers of the state to the same peer.
const stateAgain = 1_000_000

// sendState sends a peer that is too far behind the state as it is on the disk, with the entries that exporters still
// need, so that whoever leads next exports without a hole.
func (r *replica) sendState(p *peer) {
	if r.w().now < p.again {
		return
	}
	p.waits, p.again = true, r.w().now+stateAgain
	p.asked++
	base := r.image.store.base
	n := base.note
	if n.index == 0 || n.index < r.log.first-1 {
		return
	}
	entries := append([]*entry(nil), r.log.slice(r.log.first, int(n.index+1-r.log.first))...)
	baseTerm := r.log.baseTerm
	first := r.log.first
	copied := base.clone()
	asked, self, term, sent := p.asked, r.self(), r.term, r.w().now
	r.w().count("state sent")
	r.send(p.id, func(other *replica) {
		other.stateAsked(self, term, copied, first, entries, baseTerm, func(ok bool, at uint64) {
			other.send(self, func(r *replica) { r.appendAnswered(other.self(), term, asked, sent, ok, n.index, at) })
		})
	})
}

// stateAsked replaces log and state with what came from the leader. It is on the disk before it counts.
func (r *replica) stateAsked(from serverID, term uint64, base *layer, first uint64, entries []*entry, baseTerm uint64, answer func(ok bool, term uint64)) {
	if term < r.term {
		answer(false, r.term)
		return
	}
	r.adopt(term)
	if r.role != follows || r.leader != from {
		r.follow(from)
	}
	r.heard = r.w().now
	if base.note.index <= r.commit {
		answer(true, r.term)
		return
	}
	r.installing = true
	r.n.disk.sync(func() { // what came before is settled first
		if base.note.index <= r.commit {
			r.installing = false
			return
		}
		r.install(base, first, entries, baseTerm, func() {
			if r.term == term {
				answer(true, term)
			}
		})
	})
}

// install replaces log and state; both are on the disk before done is called.
func (r *replica) install(base *layer, first uint64, entries []*entry, baseTerm uint64, done func()) {
	r.n.disk.write(operation{image: r.image, apply: func(m *image) {
		m.first, m.entries = first, append([]*entry(nil), entries...)
		m.store.base = base
	}})
	r.n.disk.sync(func() {
		r.installing = false
		r.w().count("state installed")
		r.store.install(base)
		r.log.reset(first, entries, baseTerm)
		r.commit, r.committed = base.note.index, base.note.config
		r.reconfigure()
		r.heard = r.w().now
		r.w().checks.installed(r)
		done()
	})
}

// flushState brings the state to the disk, and then lets the log before it go: what followers may need is kept for a
// while, what exporters need until they have it.
func flushState(r *replica) {
	if r.installing || !r.store.freeze() {
		return
	}
	s := r.store
	frozen := s.frozen
	r.n.after(r.w().setup.flushTime, func() {
		if s.frozen != frozen { // a state from another node has come in between
			return
		}
		s.flushed()
		if r.w().pick(3) == 0 {
			shortenLog(r)
		}
	})
}

func shortenLog(r *replica) {
	flushed := r.store.base.note.index
	if flushed <= r.w().setup.trailing {
		return
	}
	r.log.hidden = max(r.log.hidden, flushed-r.w().setup.trailing)
	keep := min(r.log.hidden, exportedThrough(r)) + 1
	r.log.shorten(min(keep, flushed+1))
}

package sim

// kill ends a node and has it started again later.
func kill(w *world, holds func(*node) bool, power bool) int {
	n := w.anyNode(holds)
	if n == nil {
		return impossible
	}
	n.down(power)
	w.restart(n)
	return n.number
}

// killNode is kill -9: what was written stays, because the machine goes on.
func killNode(w *world) int { return kill(w, running, false) }

// killLeader is kill -9 of a node that leads.
func killLeader(w *world) int { return kill(w, leadsSome, false) }

// powerLoss loses or tears what was not synced.
func powerLoss(w *world) int { return kill(w, running, true) }

// killAll is kill -9 of everything at once.
func killAll(w *world) int { return downAll(w, false) }

// powerLossOfAll is a data centre without power.
func powerLossOfAll(w *world) int { return downAll(w, true) }

func downAll(w *world, power bool) int {
	for _, n := range w.nodes {
		if n.up {
			n.down(power)
			w.restart(n)
		}
	}
	return -1
}

// restartNode is a graceful restart: leadership is handed over, then the process ends and starts again.
func restartNode(w *world) int {
	n := w.anyNode(running)
	if n == nil {
		return impossible
	}
	for _, r := range n.replicas {
		if r != nil && r.leading != nil {
			transferAnywhere(r)
		}
	}
	life := n.life
	w.at(w.now+300_000, func() {
		if n.life == life && !n.frozen {
			n.down(false)
			w.restart(n)
		}
	})
	return n.number
}

// handOver moves one leadership to another node.
func handOver(w *world) int {
	n := w.anyNode(leadsSome)
	if n == nil {
		return impossible
	}
	for _, r := range n.replicas {
		if r != nil && r.leading != nil && transferAnywhere(r) {
			return n.number
		}
	}
	return impossible
}

// transferAnywhere hands leadership to some other voter.
func transferAnywhere(r *replica) bool {
	for tries := 0; tries < 4; tries++ {
		m := r.config.members[r.w().pick(len(r.config.members))]
		if m.voter && m.id != r.self() {
			transferTo(r, m.id)
			return true
		}
	}
	return false
}

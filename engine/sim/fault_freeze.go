package sim

// freeze stops a node for a while, as SIGSTOP, a long pause of the garbage collector or of its virtual machine do.
func freeze(w *world, holds func(*node) bool) int {
	n := w.anyNode(holds)
	if n == nil {
		return impossible
	}
	n.freeze()
	life := n.life
	w.undo(100, 6000, func() {
		if n.life == life {
			n.thaw()
		}
	})
	return n.number
}

func freezeNode(w *world) int { return freeze(w, running) }

func freezeLeader(w *world) int { return freeze(w, leadsSome) }

// freezeGateway stops a gateway for a while.
func freezeGateway(w *world) int {
	g := w.anyGateway()
	if g == nil {
		return impossible
	}
	g.freeze()
	life := g.life
	w.undo(100, 4000, func() {
		if g.life == life {
			g.thaw()
		}
	})
	return -1
}

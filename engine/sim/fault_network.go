package sim

// isolate cuts a node off from everybody.
func isolate(w *world, holds func(*node) bool) int {
	n := w.anyNode(holds)
	if n == nil {
		return impossible
	}
	w.net.isolate(n.address, true)
	w.undo(200, 6000, func() { w.net.isolate(n.address, false) })
	return n.number
}

func isolateNode(w *world) int { return isolate(w, running) }

func isolateLeader(w *world) int { return isolate(w, leadsSome) }

// cutOneWay loses everything from one process to another, but not the other way.
func cutOneWay(w *world) int {
	size := len(w.net.cut)
	from, to := w.pick(size), w.pick(size)
	if from == to || from >= w.setup.nodes && to >= w.setup.nodes {
		return impossible
	}
	w.net.cut[from][to] = true
	w.undo(200, 6000, func() { w.net.cut[from][to] = false })
	return from
}

// cutPair keeps two nodes from seeing each other while both see the others.
func cutPair(w *world) int {
	if w.setup.nodes < 3 {
		return impossible
	}
	a := w.pick(w.setup.nodes)
	b := (a + 1 + w.pick(w.setup.nodes-1)) % w.setup.nodes
	set := func(cut bool) { w.net.cut[a][b], w.net.cut[b][a] = cut, cut }
	set(true)
	w.undo(200, 6000, func() { set(false) })
	return a
}

// loseMessages loses 1 to 20 % of all packets for a while.
func loseMessages(w *world) int {
	w.net.loss = 10 + w.pick(190)
	w.undo(500, 5000, func() { w.net.loss = 0 })
	return -1
}

// doubleMessages has datagrams come twice.
func doubleMessages(w *world) int {
	w.net.twice = 50 + w.pick(450)
	w.undo(500, 5000, func() { w.net.twice = 0 })
	return -1
}

// slowNetwork delays everything, by very different times, so that much is overtaken.
func slowNetwork(w *world) int {
	w.net.jitter = 5_000 + int64(w.pick(100_000))
	w.undo(500, 4000, func() { w.net.calm() })
	return -1
}

// resetLink breaks the connection between a gateway and a node.
func resetLink(w *world) int {
	g := w.anyGateway()
	n := w.anyNode(running)
	if g == nil || n == nil || g.links[n.number].life == 0 {
		return impossible
	}
	g.lostLink(n.number, n.life)
	n.lostGateway(g, g.links[n.number].number)
	return n.number
}

package sim

// jumpClock sets a node's clock up to half a minute forward or back.
func jumpClock(w *world) int {
	n := w.nodes[w.pick(len(w.nodes))]
	n.clock.jump(int64(w.pick(60_000_000)) - 30_000_000 - (n.clock.offset / 2))
	return n.number
}

// driftClock has a node's clock run up to 2 % too fast or too slow.
func driftClock(w *world) int {
	n := w.nodes[w.pick(len(w.nodes))]
	n.clock.setDrift(int64(w.pick(40_000)) - 20_000)
	return n.number
}

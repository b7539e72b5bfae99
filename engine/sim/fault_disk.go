package sim

import "slices"

// slowDisk makes syncs take long for a while.
func slowDisk(w *world) int {
	n := w.anyNode(running)
	if n == nil {
		return impossible
	}
	n.disk.latency = 5_000 + int64(w.pick(250_000))
	w.undo(500, 5000, func() { n.disk.latency = w.setup.syncTime })
	return n.number
}

// fullDisk leaves too little room for new work.
func fullDisk(w *world) int {
	n := w.anyNode(running)
	if n == nil || n.disk.full {
		return impossible
	}
	n.disk.full = true
	w.undo(200, 3000, func() { n.disk.full = false })
	return n.number
}

// failSync has the next sync fail: the node must stop.
func failSync(w *world) int {
	n := w.anyNode(running)
	if n == nil || n.disk.failing {
		return impossible
	}
	n.disk.failing = true
	return n.number
}

// spareable tells whether a node's disk may be lost now: a majority of every partition keeps its own, and what was lost
// before has been replaced.
func (w *world) spareable(n *node) bool {
	if !running(n) || w.setup.factor < 3 {
		return false
	}
	for _, other := range w.nodes {
		if other.repairing && w.checks.votes(other) {
			other.repairing = false
		}
		if other.repairing {
			return false
		}
	}
	return true
}

// hostsAny tells whether a node has a replica of some partition.
func (w *world) hostsAny(n *node) bool {
	return slices.ContainsFunc(n.disk.images, func(m *image) bool { return m != nil })
}

// flipBit changes a bit of the log on a node's disk, which is found by its checksum when the node starts; then the disk
// is replaced.
func flipBit(w *world) int {
	n := w.anyNode(func(n *node) bool { return w.spareable(n) && w.hostsAny(n) })
	if n == nil {
		return impossible
	}
	var images []*image
	for _, m := range n.disk.images {
		if m != nil {
			images = append(images, m)
		}
	}
	n.down(false)
	images[w.pick(len(images))].damaged = true
	n.repairing = true
	w.restart(n)
	return n.number
}

// loseDisk takes a node's whole disk away.
func loseDisk(w *world) int {
	n := w.anyNode(w.spareable)
	if n == nil {
		return impossible
	}
	n.down(true)
	n.loseDisk()
	w.restart(n)
	return n.number
}

// votes tells whether a node votes in all its partitions, as committed, and has an undamaged disk.
func (c *checks) votes(n *node) bool {
	for p := range c.logs {
		if !c.w.hosted(int32(p+1), n.number) {
			continue
		}
		if n.disk.images[p].damaged {
			return false
		}
		if config := c.logs[p].config; config == nil || !config.voter(n.id()) {
			return false
		}
	}
	return true
}

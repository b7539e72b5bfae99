package sim

import (
	"github.com/payhub/payhub/engine/record"
)

// killGateway ends a gateway; it starts again soon.
func killGateway(w *world) int {
	g := w.anyGateway()
	if g == nil {
		return impossible
	}
	g.down()
	w.undo(50, 2000, g.boot)
	return -1
}

// resetConnections breaks the connections between a gateway and its clients.
func resetConnections(w *world) int {
	g := w.anyGateway()
	if g == nil {
		return impossible
	}
	g.reset()
	return -1
}

// killWorker ends a worker with the jobs it has in hand.
func killWorker(w *world) int {
	if len(w.client.sources) == 0 {
		return impossible
	}
	s := w.client.sources[w.pick(len(w.client.sources))]
	if s == nil {
		return impossible
	}
	s.crash()
	w.client.load.Crashed(s.worker)
	return -1
}

// sinkDown has a partition's sink refuse everything for a while.
func sinkDown(w *world) int {
	s := &w.sinks[w.pick(len(w.sinks))]
	s.down = true
	w.undo(500, 8000, func() { s.down = false })
	return -1
}

// sinkAnswerLost has a partition's sink take the next records and not say so: they come again.
func sinkAnswerLost(w *world) int {
	w.sinks[w.pick(len(w.sinks))].silent = true
	return -1
}

// takeCheckpoint has some partition take a checkpoint; mail brings it to the others.
func takeCheckpoint(w *world) int {
	n := w.anyNode(leadsSome)
	if n == nil {
		return impossible
	}
	w.faults.checkpoints++
	for _, r := range n.replicas {
		if r != nil && r.owner.machine != nil {
			r.owner.post(record.NewCommand(-1, record.CheckpointCreate, &record.Checkpoint{Number: w.faults.checkpoints}))
			return n.number
		}
	}
	return impossible
}

package partition

import (
	"sync/atomic"
	"time"
)

// counters are written by the owner and by callers.
type counters struct {
	commands, batches, bytes                     atomic.Uint64
	pushes, yields, refused, panics, quarantined atomic.Uint64
}

// Stats are figures of a partition for metrics; counts are since it was opened.
type Stats struct {
	// Leads is whether this node decides.
	Leads bool
	// Queued is how many commands wait to be decided, QueueSize how many may.
	Queued, QueueSize int
	// Commands were decided, in Batches log entries of together Bytes.
	Commands, Batches, Bytes uint64
	// Pushes are jobs handed to streams, Yields those that did not reach their worker.
	Pushes, Yields uint64
	// Refused are commands refused because of overload or a full disk.
	Refused uint64
	// Waiting is how long commands wait in the queue, 0 while that is less than what is allowed.
	Waiting time.Duration
	// Panics are decisions in which the engine failed, Quarantined the commands set aside for it.
	Panics, Quarantined uint64
}

// Stats reads the figures of the partition.
func (p *Partition) Stats() Stats {
	c := &p.counts
	return Stats{
		Leads: p.Leads(), Queued: len(p.queue), QueueSize: cap(p.queue),
		Commands: c.commands.Load(), Batches: c.batches.Load(), Bytes: c.bytes.Load(),
		Pushes: c.pushes.Load(), Yields: c.yields.Load(), Refused: c.refused.Load(),
		Waiting: max(0, p.overload.waiting(len(p.queue), p.config.MaxCommands, clock())),
		Panics:  c.panics.Load(), Quarantined: c.quarantined.Load(),
	}
}

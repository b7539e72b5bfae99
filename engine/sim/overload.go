package sim

import "github.com/payhub/payhub/engine/record"

// overload mirrors engine/partition/overload.go: new work is refused when commands wait too long in the queue.
type overload struct {
	standing int64 // microseconds: the shortest wait of the last interval; 0 when some command waited less than the target
	until    int64
	shortest int64
}

const (
	queueLatency     = 200_000
	overloadInterval = 100_000
	lenience         = 5 // how many times longer commands that are not new work may wait
)

// took notes how long the oldest command of a decision has waited.
func (o *overload) took(now, since int64) {
	wait := now - since
	switch {
	case wait < queueLatency:
		o.until, o.standing = 0, 0
	case o.until == 0:
		o.until, o.shortest = now+overloadInterval, wait
	default:
		o.shortest = min(o.shortest, wait)
		if now >= o.until {
			o.standing = o.shortest
			o.until, o.shortest = now+overloadInterval, wait
		}
	}
}

// admit refuses a command when the partition is overloaded or its disk is full.
func (t *owner) admit(command *record.Record) error {
	if t.r.n.disk.full && !record.MakesRoom(command) {
		return errDiskFull
	}
	limit, room := int64(queueLatency), t.w().setup.queueSize
	if record.IsNewWork(command) {
		room = max(room*3/4, 1)
	} else {
		limit *= lenience
	}
	if len(t.queue) >= room || len(t.queue) > 0 && t.overload.standing > limit {
		return errQueueFull
	}
	return nil
}

package partition

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/payhub/payhub/engine/record"
)

// overload measures how long commands wait in the queue and refuses new ones, at once, when that is
// too long. As in CoDel (RFC 8289) it is the shortest wait of an interval that counts: a burst that
// is worked off passes, a queue that stands does not. New work is refused first; what ends or moves
// work that has begun, and mail from other partitions, only when waiting gets much longer.
type overload struct {
	target   time.Duration
	standing atomic.Int64 // ns: the shortest wait of the last interval, 0 when some command waited less than the target
	turnedAt atomic.Int64 // clock at the owner's last look at the queue
	turns    atomic.Int64 // ns that a decision takes until it is committed, on average

	// the owner's
	until    int64 // end of the interval
	shortest int64
}

const (
	// overloadInterval is the time over which waits are compared.
	overloadInterval = 100 * time.Millisecond
	// lenience is how many times longer commands that are not new work may wait.
	lenience = 5
	// newWorkShare is the part of the queue, in percent, that new work may fill.
	newWorkShare = 75
)

var started = time.Now()

// clock is a time in ns that never goes back.
func clock() int64 { return int64(time.Since(started)) }

// took notes how long the oldest command of a decision has waited.
func (o *overload) took(since int64) {
	now := clock()
	wait := now - since
	if wait < int64(o.target) {
		o.until = 0
		if o.standing.Load() != 0 {
			o.standing.Store(0)
		}
		return
	}
	if o.until == 0 {
		o.until, o.shortest = now+int64(overloadInterval), wait
		return
	}
	o.shortest = min(o.shortest, wait)
	if now >= o.until {
		o.standing.Store(o.shortest)
		o.until, o.shortest = now+int64(overloadInterval), wait
	}
}

// empty notes that nothing waits.
func (o *overload) empty() {
	o.until = 0
	if o.standing.Load() != 0 {
		o.standing.Store(0)
	}
}

// turned notes that the owner looks at the queue.
func (o *overload) turned() { o.turnedAt.Store(clock()) }

// decided notes that commands were decided and committed since the last look at the queue. One decision that
// took very long says little about the next ones.
func (o *overload) decided() {
	took, turns := min(clock()-o.turnedAt.Load(), int64(o.target)), o.turns.Load()
	o.turns.Store(turns + (took-turns)/8)
}

// waiting is how long a command that comes now has to expect to wait, as far as that is too long; atOnce
// is how many commands one decision takes.
func (o *overload) waiting(queued, atOnce int, now int64) time.Duration {
	if queued == 0 {
		return 0
	}
	before := int64((queued + atOnce - 1) / atOnce) // decisions
	wait := max(o.standing.Load(), before*o.turns.Load()-int64(o.target))
	return time.Duration(max(wait, now-o.turnedAt.Load()-2*int64(o.target))) // nobody measures while a decision takes long
}

// admit refuses a command when the partition is overloaded or paused, or the disk is full.
func (p *Partition) admit(command *record.Record, now int64) error {
	if !record.MakesRoom(command) {
		if p.Paused() {
			return fmt.Errorf("%w: processing of partition %d is paused (an operator has to resume it)", ErrOverloaded, p.config.ID)
		}
		if err := p.config.Log.Full(); err != nil {
			return fmt.Errorf("%w: partition %d refuses new work: %w", ErrDiskFull, p.config.ID, err)
		}
	}
	queued, limit, room := len(p.queue), p.overload.target, cap(p.queue)
	if record.IsNewWork(command) {
		room = room * newWorkShare / 100
	} else {
		limit *= lenience
	}
	if queued >= max(room, 1) {
		return fmt.Errorf("%w: the command queue of partition %d is full (%d commands wait); send less or more slowly",
			ErrOverloaded, p.config.ID, queued)
	}
	if wait := p.overload.waiting(queued, p.config.MaxCommands, now); wait > limit {
		return fmt.Errorf("%w: commands wait %d ms in partition %d, more than %d ms; send less or more slowly",
			ErrOverloaded, wait.Milliseconds(), p.config.ID, limit.Milliseconds())
	}
	return nil
}

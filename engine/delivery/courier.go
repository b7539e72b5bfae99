// Package delivery carries the mail of a partition to the others. A Courier decides what goes out
// when and what to do about what failed; whoever runs it moves the parcels and tells the time. It
// keeps nothing that the log does not have: a new leader's Courier starts from the outbox.
//
// What is in the outbox is sent until the receiver says that it has it, so it arrives at least
// once; the receiver's log takes every number once and in order (record.Delivery).
package delivery

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/payhub/payhub/engine/record"
)

// The bounds of a parcel. A command that is larger than maxBytes travels alone.
const (
	maxCommands = 256
	maxBytes    = 1 << 20
)

// How long a target is left alone after a failure, in milliseconds: twice as long each time.
const (
	firstBackOff = 25
	lastBackOff  = 2000
)

// acknowledgeAfter is how long delivered mail may stay in the outbox so that one command can
// remove more of it, in milliseconds.
const acknowledgeAfter = 100

// Parcel is mail for one partition: the command DELIVERY RECEIVE.
type Parcel struct {
	To       int32
	Delivery *record.Delivery
}

// Courier carries the mail of one partition, at its leader. It is a state machine without a clock,
// and not safe for concurrent use.
type Courier struct {
	partition int32
	targets   []*target // by partition
	scratch   []byte
}

// target is what the Courier knows of one receiver.
type target struct {
	to      int32
	waiting []record.Send // not known to be delivered, in order
	last    int64         // number of the last one it was given
	flying  int           // how many of waiting are under way, 0 if none
	limit   int           // how many may be in the next parcel
	pass    bool          // the next parcel passes over the first of waiting

	backOff int64 // of the last failure, ms
	retryAt int64 // nothing goes out before, ms since the epoch

	has           int64 // the receiver has everything through this number
	acknowledged  int64 // our own log has been told so through this one
	acknowledgeAt int64 // when it is told, ms since the epoch
	checkpoint    int64 // the receiver's newest
}

// New makes the courier of a partition, with nothing to carry.
func New(partition int32) *Courier { return &Courier{partition: partition} }

// Load gives the courier the partition's outbox when leadership begins: sends in the order of
// their numbers per target. It comes once, before everything else.
func (c *Courier) Load(sends []record.Send) { c.Sent(sends) }

// Sent gives the courier what was committed just now.
func (c *Courier) Sent(sends []record.Send) {
	for i := range sends {
		t := c.target(sends[i].Partition)
		if t.last != 0 && sends[i].Sequence <= t.last {
			continue // known already
		}
		if t.last == 0 {
			t.has = sends[i].Sequence - 1
			t.acknowledged = t.has
		} else if sends[i].Sequence != t.last+1 {
			panic(fmt.Sprintf("delivery: partition %d gave its courier number %d for partition %d after number %d: its receiver would wait for ever",
				c.partition, sends[i].Sequence, t.to, t.last))
		}
		t.last = sends[i].Sequence
		t.waiting = append(t.waiting, sends[i])
	}
}

// Next is what goes out at now: at most one parcel is under way per target. Each must be answered
// by Delivered or Failed.
func (c *Courier) Next(now int64) (parcels []Parcel) {
	for _, t := range c.targets {
		if t.ready() && t.retryAt <= now {
			parcels = append(parcels, Parcel{To: t.to, Delivery: c.pack(t)})
		}
	}
	return parcels
}

// ready tells whether there is something to send and nothing under way.
func (t *target) ready() bool { return t.flying == 0 && len(t.waiting) > 0 }

// pack fills the next parcel of a target.
func (c *Courier) pack(t *target) *record.Delivery {
	first := &t.waiting[0]
	parcel := &record.Delivery{From: c.partition, To: t.to, First: first.Sequence}
	if t.pass {
		t.flying = 1
	} else {
		t.flying = c.fitting(t)
		parcel.Commands = make([]record.Record, t.flying)
		for i := range parcel.Commands {
			parcel.Commands[i] = t.waiting[i].Record
		}
	}
	last := &t.waiting[t.flying-1]
	parcel.Through, parcel.Checkpoint = last.Sequence, last.Checkpoint
	return parcel
}

// fitting is how many commands the next parcel holds.
func (c *Courier) fitting(t *target) int {
	bytes := 0
	for i := range min(t.limit, len(t.waiting)) {
		c.scratch = t.waiting[i].Record.Append(c.scratch[:0])
		if bytes += len(c.scratch); bytes > maxBytes && i > 0 {
			return i
		}
	}
	return min(t.limit, len(t.waiting))
}

// Delivered takes the receiver's answer to a parcel.
func (c *Courier) Delivered(to int32, received *record.Delivery, now int64) {
	t := c.target(to)
	t.flying = 0
	tookCheckpoint := received.Checkpoint > t.checkpoint
	t.checkpoint = max(t.checkpoint, received.Checkpoint)
	if received.Through <= t.has {
		if t.retryAt = now; !tookCheckpoint {
			t.fail(now)
		}
		return
	}
	if t.has == t.acknowledged {
		t.acknowledgeAt = now + acknowledgeAfter
	}
	t.has = received.Through
	t.drop()
	t.pass, t.backOff, t.retryAt = false, 0, now
	t.limit = min(2*t.limit, maxCommands)
}

// drop forgets what the receiver has.
func (t *target) drop() {
	n, _ := slices.BinarySearchFunc(t.waiting, t.has+1, func(s record.Send, number int64) int { return cmp.Compare(s.Sequence, number) })
	clear(t.waiting[:n])
	if t.waiting = t.waiting[n:]; len(t.waiting) == 0 {
		t.waiting = nil
	}
}

// Failed takes note that a parcel was not answered, or refused. quarantined says that it made the
// receiver's engine fail: then the command that does is looked for by halves, and passed over.
func (c *Courier) Failed(to int32, quarantined bool, now int64) {
	t := c.target(to)
	n := t.flying
	t.flying = 0
	switch {
	case quarantined && !t.pass && n > 1:
		t.limit, t.retryAt = n/2, now
	case quarantined && !t.pass && n == 1:
		t.pass, t.retryAt = true, now
	default:
		t.fail(now)
	}
}

// fail leaves the target alone for a while.
func (t *target) fail(now int64) {
	t.backOff = min(max(2*t.backOff, firstBackOff), lastBackOff)
	t.retryAt = now + t.backOff
}

// Available says that a leader of a partition has been announced: it is tried at once.
func (c *Courier) Available(to int32) {
	t := c.target(to)
	t.backOff, t.retryAt = 0, math.MinInt64
}

// Due is when Next or Acknowledge has something to do again, in milliseconds since the epoch: it
// may lie in the past; math.MaxInt64 is never.
func (c *Courier) Due() int64 {
	due := int64(math.MaxInt64)
	for _, t := range c.targets {
		if t.ready() {
			due = min(due, t.retryAt)
		}
		if t.has > t.acknowledged {
			due = min(due, t.acknowledgeTime())
		}
	}
	return due
}

// acknowledgeTime is when the own log is told what the receiver has: at once if it is much.
func (t *target) acknowledgeTime() int64 {
	if t.has-t.acknowledged >= maxCommands {
		return math.MinInt64
	}
	return t.acknowledgeAt
}

// Acknowledge gives commands for the partition's own log that empty the outbox: one per target
// that has taken something and for which it is time. One that is lost is made up for by the next
// one, or by the next leader, who sends again what is still in the outbox.
func (c *Courier) Acknowledge(now int64) (commands []record.Record) {
	for _, t := range c.targets {
		if t.has <= t.acknowledged || t.acknowledgeTime() > now {
			continue
		}
		t.acknowledged = t.has
		commands = append(commands, record.NewCommand(-1, record.DeliveryAcknowledge, &record.Delivery{
			From: c.partition, To: t.to, Through: t.has, Checkpoint: t.checkpoint,
		}))
	}
	return commands
}

// Waiting is how many commands are not known to be delivered.
func (c *Courier) Waiting() (n int) {
	for _, t := range c.targets {
		n += len(t.waiting)
	}
	return n
}

// target finds what is known of a receiver, or begins to know it.
func (c *Courier) target(to int32) *target {
	at, known := slices.BinarySearchFunc(c.targets, to, func(t *target, to int32) int { return cmp.Compare(t.to, to) })
	if !known {
		c.targets = slices.Insert(c.targets, at, &target{to: to, limit: maxCommands, retryAt: math.MinInt64})
	}
	return c.targets[at]
}

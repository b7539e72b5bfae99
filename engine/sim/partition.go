package sim

import (
	"errors"
	"fmt"
	"math"
	"runtime/debug"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
)

// Errors of a call that say that the command was surely not accepted, beside errNotLeader.
var (
	errQueueFull = errors.New("the partition is overloaded")
	errDiskFull  = errors.New("the disk is full")
)

// owner is one partition's runtime on one node, with the same order of steps as engine/partition/owner.go, which it
// mirrors: take commands, decide, propose, commit and apply, tell the core, answer, push jobs, release mail. Where the
// original blocks in Propose, this one waits for a call.
type owner struct {
	r       *replica
	machine *core.Core // nil while this node does not lead
	term    uint64
	now     int64 // of the last decision that was committed
	at      int64 // of the decision in hand

	queue    []*call
	internal []core.Command
	queries  []func(*core.Core, error)

	nextID   uint64
	taken    []*call // whose commands are in the decision in hand, with ids from firstID on
	firstID  uint64
	commands []core.Command
	waiting  map[uint64]*call // committed, answered later

	streams streams
	mail    mail
	exports director
	news    *leadership // not taken yet
	pace    pace

	overload overload
}

// pace is when the runtime turns.
type pace struct {
	busy    bool   // a batch is on its way
	planned bool   // a turn is
	alarm   uint64 // number of the newest alarm for what is due
	again   bool
	idle    bool
}

// leadership is news from the log.
type leadership struct {
	leads bool
	term  uint64
}

// call is a command whose caller waits.
type call struct {
	command record.Record
	gone    bool // the caller has left
	since   int64
	reply   func(answer record.Record, err error)
}

const (
	termBits     = 40     // where the term stands in request ids
	longestSleep = 10_000 // ms; bounds a wait for something due, so that a clock that was set is noticed
	restTime     = 10     // ms; after a decision that came to nothing although something was due
)

func newOwner(r *replica) *owner {
	t := &owner{r: r, waiting: map[uint64]*call{}}
	t.streams.t, t.mail.t, t.exports.t = t, t, t
	return t
}

func (t *owner) w() *world { return t.r.n.w }

// told gets news of leadership from the log; the owner takes them a moment later, and only the newest.
func (t *owner) told(leads bool, term uint64) {
	pending := t.news != nil
	t.news = &leadership{leads, term}
	if !pending {
		t.r.n.after(int64(t.w().pick(300)), t.takeNews)
	}
}

func (t *owner) takeNews() {
	if t.pace.busy { // the owner waits for its proposal, which ends with the leadership it was made in
		t.r.n.after(100, t.takeNews)
		return
	}
	l := *t.news
	t.news = nil
	t.stepDown(errUnknownOutcome)
	if !l.leads {
		return
	}
	t.term, t.nextID, t.now = l.term, l.term<<termBits, 0
	t.machine = core.New(t.r.partition, int32(t.w().setup.partitions), t.r.store, t.w().setup.limits)
	t.w().checks.led(t.r, t.term, true)
	t.mail.begin()
	t.exports.begin()
	t.r.n.announce(t.r.partition, t.term)
	t.pace.again = true
	t.poke()
}

// stepDown tells everybody that this node no longer decides.
func (t *owner) stepDown(reason error) {
	if t.machine != nil {
		t.w().checks.led(t.r, t.term, false)
	}
	t.machine = nil
	t.pace.alarm++
	t.streams.end()
	t.mail.end()
	t.exports.end()
	for id := t.term<<termBits + 1; id <= t.nextID && len(t.waiting) > 0; id++ {
		if c := t.waiting[id]; c != nil {
			delete(t.waiting, id)
			c.reply(record.Record{}, reason)
		}
	}
	clear(t.waiting)
	queue := t.queue
	t.queue, t.internal = nil, nil
	for _, c := range queue {
		c.reply(record.Record{}, errNotLeader)
	}
	queries := t.queries
	t.queries = nil
	for _, q := range queries {
		q(nil, errNotLeader)
	}
}

// die ends the runtime with its process: messages that still come for it find nothing.
func (t *owner) die() {
	t.machine = nil
	t.pace.busy = true
	t.mail.end()
	t.exports.end()
	t.streams = streams{t: t}
}

// submit has a command decided.
func (t *owner) submit(c *call) {
	if t.machine == nil {
		c.reply(record.Record{}, errNotLeader)
		return
	}
	if err := t.admit(&c.command); err != nil {
		c.reply(record.Record{}, err)
		return
	}
	c.since = t.w().now
	t.queue = append(t.queue, c)
	t.poke()
}

// post has a command decided that nobody waits for.
func (t *owner) post(command record.Record) {
	t.internal = append(t.internal, core.Command{Record: command})
	t.poke()
}

// query reads the state between two decisions.
func (t *owner) query(ask func(*core.Core, error)) {
	if t.machine == nil {
		ask(nil, errNotLeader)
		return
	}
	t.queries = append(t.queries, ask)
	t.poke()
}

// poke has the owner take a turn soon.
func (t *owner) poke() {
	if t.pace.busy || t.pace.planned {
		return
	}
	t.pace.planned = true
	t.r.n.after(10+int64(t.w().pick(40)), t.turn)
}

// turn decides about what is there and what is due, and has it committed.
func (t *owner) turn() {
	t.pace.planned, t.pace.again = false, false
	if t.machine == nil || t.pace.busy {
		return
	}
	t.gather()
	queries := t.queries
	t.queries = nil
	for _, q := range queries {
		q(t.machine, nil)
	}
	t.commands = append(t.commands, t.internal...)
	t.internal = nil
	t.commands = t.streams.drain(t.commands)
	out, ok := t.decide()
	if !ok {
		return
	}
	if out.Batch == nil {
		t.committed(out)
		return
	}
	coded := out.Batch.Append(nil)
	t.pace.busy = true
	t.hesitate(func() { t.propose(out, coded) })
}

// hesitate lets the owner go on: now and then only after a while, as a goroutine that gets no processor. What it knows
// of the log may then be old.
func (t *owner) hesitate(goOn func()) {
	if w := t.w(); w.pick(2000) == 0 {
		t.r.n.after(int64(w.pick(longestHesitation)), goOn)
		return
	}
	goOn()
}

// longestHesitation is in microseconds.
const longestHesitation = 2_000_000

// propose has a decision committed and lets its effects out.
func (t *owner) propose(out core.Output, coded []byte) {
	t.r.propose(t.term, coded, out.Batch.AppliedRows(), func(err error) {
		t.pace.busy = false
		if err != nil {
			if !errors.Is(err, errNotLeader) {
				t.undelivered(&out)
			}
			t.lost(err)
			return
		}
		t.machine.Committed(out.Batch)
		t.committed(out)
	})
}

// gather takes what waits in the queue, up to the limit of a decision.
func (t *owner) gather() {
	t.firstID = t.nextID + 1
	n := 0
	if len(t.queue) == 0 {
		t.overload = overload{}
	}
	for n < len(t.queue) && len(t.taken) < t.w().setup.maxCommands {
		c := t.queue[n]
		n++
		if c.gone {
			continue
		}
		if len(t.taken) == 0 {
			t.overload.took(t.w().now, c.since)
		}
		t.nextID++
		t.taken = append(t.taken, c)
		t.commands = append(t.commands, core.Command{RequestID: t.nextID, Record: c.command})
	}
	t.queue = t.queue[n:]
}

// decide asks the machine. That it panics is a defect which the world reports.
func (t *owner) decide() (out core.Output, ok bool) {
	defer func() {
		if cause := recover(); cause != nil {
			ok = false
			t.w().violate("panic", fmt.Sprintf("partition %d: deciding makes the engine fail: %v\n%s", t.r.partition, cause, debug.Stack()))
			t.w().stopped = true
		}
	}()
	t.at = max(t.now, t.r.n.clock.wall())
	t.w().counts.commands += len(t.commands)
	return t.machine.Decide(core.Input{Now: t.at, Seed: t.w().random.Uint64(), Commands: t.commands, Streams: &t.streams}), true
}

// committed lets the effects of a decision out.
func (t *owner) committed(out core.Output) {
	t.now = t.at
	t.respond(out.Responses)
	t.streams.deliver(out.Pushes)
	var records []record.Record
	if out.Batch != nil {
		records = out.Batch.Records
	}
	t.pace.idle = out.Batch == nil
	t.streams.noteWaiting(records)
	if out.Checkpoint != 0 {
		t.w().checks.checkpoint(t.r, out.Checkpoint)
	}
	t.mail.sent(out.Sends)
	for i, c := range t.taken {
		if c != nil {
			t.waiting[t.firstID+uint64(i)] = c
		}
	}
	t.forget()
	t.finishTurn()
}

func (t *owner) forget() {
	clear(t.taken)
	clear(t.commands)
	t.taken, t.commands = t.taken[:0], t.commands[:0]
}

// lost ends leadership after a batch could not be committed, or may have been.
func (t *owner) lost(err error) {
	t.streams.release()
	taken := append([]*call(nil), t.taken...)
	t.forget()
	for _, c := range taken {
		c.reply(record.Record{}, err)
	}
	t.stepDown(errUnknownOutcome)
}

// respond answers callers. Those whose command is committed without an answer wait on.
func (t *owner) respond(responses []core.Response) {
	for i := range responses {
		id := responses[i].RequestID
		c := t.waiting[id]
		if at := id - t.firstID; id >= t.firstID && at < uint64(len(t.taken)) {
			c, t.taken[at] = t.taken[at], nil
		} else {
			delete(t.waiting, id)
		}
		if c != nil {
			t.w().checks.answers(t.r, &responses[i].Record)
			c.reply(responses[i].Record, nil)
		}
	}
}

// finishTurn plans the next turn.
func (t *owner) finishTurn() {
	if t.machine == nil {
		return
	}
	if len(t.queue) > 0 || len(t.internal) > 0 || len(t.queries) > 0 {
		t.poke()
		return
	}
	now := t.r.n.clock.wall()
	due, next := t.machine.Due(max(now, t.now))
	if due || t.streams.hungry() {
		if t.pace.idle {
			t.alarm(restTime)
		} else {
			t.poke()
		}
		return
	}
	if next != math.MaxInt64 {
		t.alarm(min(max(next-now, 1), longestSleep))
	}
}

// alarm plans a turn in so many milliseconds.
func (t *owner) alarm(wait int64) {
	t.pace.alarm++
	alarm := t.pace.alarm
	t.r.n.after(wait*1000, func() {
		if t.pace.alarm == alarm {
			t.poke()
		}
	})
}

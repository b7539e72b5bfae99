package partition

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"time"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
)

// owner is what belongs to the one goroutine that decides.
type owner struct {
	p       *Partition
	machine Machine // nil while this node does not lead
	term    uint64
	now     int64 // of the last decision that was committed
	at      int64 // of the decision in hand
	leaves  bool  // what was put off is left lying, because going on with it makes the engine fail
	held    int64 // until then time stands still, because what is due makes the engine fail

	nextID   uint64
	taken    []*request // whose commands are in the decision in hand, with ids from firstID on
	firstID  uint64
	commands []core.Command
	waiting  map[uint64]*request // committed, answered later
	coded    []byte              // buffer that entries are coded in

	undelivered undelivered // jobs that leadership was lost over

	timer *time.Timer
	again bool // something is due already
	idle  bool // the last decision came to nothing
}

const (
	// longestSleep bounds a wait for something due, so that a wall clock that was set is noticed.
	longestSleep = 10 * time.Second
	// restTime is how long a partition rests that finds nothing to do although something is due.
	restTime = 10 * time.Millisecond
	// holdTime is how long time stands still after due work made the engine fail, in ms.
	holdTime = 5000
	// termBits is where the term stands in request ids, which are in the log and must never be met
	// again after a change of leader or a restart.
	termBits = 40
)

func (o *owner) init(p *Partition) {
	o.p, o.waiting = p, map[uint64]*request{}
	o.timer = time.NewTimer(time.Hour)
	o.timer.Stop()
}

// run is the partition's goroutine.
func (o *owner) run() {
	defer close(o.p.done)
	defer o.timer.Stop()
	defer o.stepDown(ErrStopped)
	for {
		if !o.wait() {
			return
		}
		o.p.overload.turned()
		o.gather()
		if len(o.taken) == 0 {
			o.p.overload.empty()
		}
		o.look()
		if o.machine == nil {
			o.refuse(ErrNotLeader)
			continue
		}
		n := len(o.taken)
		if o.turn(); n > 0 {
			o.p.overload.decided()
		}
	}
}

// wait sleeps until there is something to do; false ends the partition.
func (o *owner) wait() bool {
	if o.again {
		o.again = false
		select {
		case <-o.p.quit:
			return false
		case l := <-o.p.config.Log.Leadership():
			o.lead(l)
		default:
		}
		return true
	}
	select {
	case r := <-o.p.queue:
		o.take(r)
	case l := <-o.p.config.Log.Leadership():
		o.lead(l)
	case <-o.p.wake:
	case <-o.timer.C:
	case <-o.p.quit:
		return false
	}
	return true
}

// lead takes up or gives up leadership.
func (o *owner) lead(l Leadership) {
	o.stepDown(ErrUnknownOutcome)
	if !l.Leader {
		return
	}
	o.term, o.nextID, o.now, o.held, o.leaves = l.Term, l.Term<<termBits, 0, 0, false
	o.build()
	o.takeUp()
	o.p.leads.Store(true)
	o.p.streams.backlogAll() // jobs may wait from before
	o.again = true
}

// build makes a machine over the state as it is applied.
func (o *owner) build() {
	o.p.config.Reading.Lock()
	defer o.p.config.Reading.Unlock()
	o.machine = o.p.config.NewMachine()
}

// takeUp tells that this node leads; what it tells may read the state.
func (o *owner) takeUp() {
	o.p.config.Reading.Lock()
	defer o.p.config.Reading.Unlock()
	o.p.config.Led(true, o.term, o.machine)
}

// stepDown tells everybody that this node no longer decides. Callers whose command is committed and
// who wait for a result get the reason.
func (o *owner) stepDown(reason error) {
	if o.p.leads.Swap(false) {
		o.p.config.Led(false, o.term, nil)
	}
	o.machine = nil
	o.timer.Stop()
	o.p.streams.end(reason, &o.undelivered)
	o.undelivered.hand(o.p)
	for id, r := range o.waiting {
		delete(o.waiting, id)
		r.finish(record.Record{}, reason)
	}
	if reason == ErrUnknownOutcome {
		reason = ErrNotLeader // what only waited in the queue was surely not accepted
	}
	for o.gather(); len(o.taken) > 0; o.gather() {
		o.refuse(reason)
	}
	o.dismiss(reason)
}

// dismiss answers all questions with an error and drops what else was left for a leader.
func (o *owner) dismiss(reason error) {
	o.p.left.Store(false)
	o.p.mu.Lock()
	queries := o.p.queries
	o.p.queries, o.p.internal, o.p.gone = nil, nil, nil
	o.p.mu.Unlock()
	for _, q := range queries {
		q.err = reason
		close(q.done)
	}
}

// take puts a caller's command into the decision in hand.
func (o *owner) take(r *request) {
	if !r.id.CompareAndSwap(0, o.nextID+1) {
		return // its caller has left
	}
	if len(o.taken) == 0 {
		o.firstID = o.nextID + 1
		o.p.overload.took(r.since)
	}
	o.nextID++
	o.taken = append(o.taken, r)
	o.commands = append(o.commands, core.Command{RequestID: o.nextID, Record: r.command})
}

// gather takes what waits in the queue, up to the limit of a decision.
func (o *owner) gather() {
	for len(o.taken) < o.p.config.MaxCommands {
		select {
		case r := <-o.p.queue:
			o.take(r)
		default:
			return
		}
	}
}

// refuse answers all commands in hand with an error.
func (o *owner) refuse(reason error) {
	for i, r := range o.taken {
		o.taken[i] = nil
		r.finish(record.Record{}, reason)
	}
	clear(o.commands)
	o.taken, o.commands = o.taken[:0], o.commands[:0]
}

// look sees to what others left: questions, internal commands, callers that went away, streams.
func (o *owner) look() {
	o.p.streams.settle()
	if o.machine == nil {
		o.dismiss(ErrNotLeader)
		return
	}
	if o.p.left.Swap(false) {
		o.p.mu.Lock()
		queries, internal, gone := o.p.queries, o.p.internal, o.p.gone
		o.p.queries, o.p.internal, o.p.gone = nil, nil, nil
		o.p.mu.Unlock()
		o.commands = append(o.commands, internal...)
		for _, id := range gone {
			delete(o.waiting, id)
		}
		for _, q := range queries {
			o.answer(q)
		}
	}
	o.commands = o.p.streams.drain(o.commands)
}

// answer lets a question read the state.
func (o *owner) answer(q *query) {
	defer close(q.done)
	defer func() {
		if cause := recover(); cause != nil {
			q.err = fmt.Errorf("partition %d: a query failed: %v", o.p.config.ID, cause)
			o.p.config.Logger.Error("a query made the engine fail", "partition", o.p.config.ID, "cause", cause, "stack", string(debug.Stack()))
		}
	}()
	o.p.config.Reading.Lock()
	defer o.p.config.Reading.Unlock()
	q.ask(o.machine)
}

// turn decides about the commands in hand and what is due, and commits it.
func (o *owner) turn() {
	out, cause := o.decide(o.commands)
	if cause == nil {
		o.commit(out)
	} else {
		o.isolate(cause)
	}
	o.finishTurn()
}

// decide asks the machine; cause is what it panicked with.
func (o *owner) decide(commands []core.Command) (out core.Output, cause any) {
	defer func() {
		if cause = recover(); cause != nil {
			o.p.config.Logger.Error("deciding made the engine fail", "partition", o.p.config.ID,
				"commands", len(commands), "cause", cause, "stack", string(debug.Stack()))
			o.p.streams.release()
		}
	}()
	o.at = o.now
	if wall := o.p.wall(); wall >= o.held {
		o.at = max(o.now, wall)
	}
	o.p.config.Reading.Lock()
	defer o.p.config.Reading.Unlock()
	in := core.Input{Now: o.at, Seed: o.p.config.Seed(), Commands: commands, LeavePutOff: o.leaves}
	if !o.p.Paused() {
		in.Streams = &o.p.streams
	}
	return o.machine.Decide(in), nil
}

// commit replicates a decision and lets its effects out.
func (o *owner) commit(out core.Output) {
	if out.Batch != nil {
		// Coded in a buffer that is used again and copied once: the log keeps the entry.
		o.coded = out.Batch.Append(o.coded[:0])
		entry := bytes.Clone(o.coded)
		if err := o.p.config.Log.Propose(o.term, entry, out.Batch.AppliedRows()); err != nil {
			if mayBeCommitted(err) {
				o.undelivered.output(&out)
			}
			o.lost(err)
			return
		}
		o.machine.Committed(out.Batch)
		o.p.counts.batches.Add(1)
		o.p.counts.bytes.Add(uint64(len(entry)))
	}
	o.now = o.at
	o.p.counts.commands.Add(uint64(len(o.commands)))
	o.respond(out.Responses)
	o.p.streams.deliver(out.Pushes)
	var records []record.Record
	if out.Batch != nil {
		records = out.Batch.Records
	}
	o.idle = out.Batch == nil
	o.p.streams.noteWaiting(records, o.p.config.JobsAvailable)
	if len(out.Sends) > 0 {
		o.p.config.Send(out.Sends)
	}
	o.release()
	if out.Checkpoint != 0 {
		o.checkpoint(out.Checkpoint)
	}
}

// checkpoint has the state kept as it is after the batch that was just committed.
func (o *owner) checkpoint(number int64) {
	if err := o.p.config.Checkpoint(number); err != nil {
		o.p.config.Logger.Error("the checkpoint could not be taken; the backup lacks this partition", "partition", o.p.config.ID,
			"checkpoint", number, "error", err)
	}
}

// lost ends leadership after a batch could not be committed, or may have been.
func (o *owner) lost(err error) {
	if !errors.Is(err, ErrNotLeader) && !errors.Is(err, ErrUnknownOutcome) {
		o.p.config.Logger.Error("the log failed; the partition stops", "partition", o.p.config.ID, "error", err)
		err = fmt.Errorf("%w: %w", ErrUnknownOutcome, err) // whether it reached the disk, nobody knows
	}
	o.p.streams.release()
	o.refuse(err)
	o.stepDown(ErrUnknownOutcome)
}

// respond answers callers. Those whose command is committed without an answer wait on.
func (o *owner) respond(responses []core.Response) {
	for i := range responses {
		id := responses[i].RequestID
		if at := id - o.firstID; at < uint64(len(o.taken)) && id >= o.firstID {
			if r := o.taken[at]; r != nil {
				o.taken[at] = nil
				r.finish(responses[i].Record, nil)
			}
			continue
		}
		if r := o.waiting[id]; r != nil {
			delete(o.waiting, id)
			r.finish(responses[i].Record, nil)
		}
	}
}

// release lets go of the commands in hand.
func (o *owner) release() {
	for i, r := range o.taken {
		if r != nil {
			o.waiting[o.firstID+uint64(i)] = r
			o.taken[i] = nil
		}
	}
	clear(o.commands)
	o.taken, o.commands = o.taken[:0], o.commands[:0]
}

// isolate finds what made a decision panic, by deciding about each command alone, and sets it
// aside; the others are committed. When it is not a command but something due, time stands still
// for a while, so that commands go on.
func (o *owner) isolate(cause any) {
	o.p.counts.panics.Add(1)
	o.build()
	if _, due := o.decide(nil); due != nil {
		o.standStill(due)
	}
	o.p.streams.release()
	commands := append([]core.Command(nil), o.commands...)
	taken := append([]*request(nil), o.taken...)
	first := o.firstID
	o.taken, o.commands = o.taken[:0], o.commands[:0]
	for i, c := range commands {
		if o.machine == nil { // lost meanwhile
			if i < len(taken) {
				taken[i].finish(record.Record{}, ErrNotLeader)
			}
			continue
		}
		o.commands = append(o.commands[:0], c)
		if i < len(taken) {
			o.taken, o.firstID = append(o.taken[:0], taken[i]), first+uint64(i)
		}
		out, cause := o.decide(o.commands)
		if cause == nil {
			o.commit(out)
			continue
		}
		o.quarantine(c.Record, cause)
	}
}

// standStill keeps what is not a command and makes the engine fail from failing every decision:
// either what earlier decisions put off, which is then left lying while this node leads, or what is
// due, for which time stands still for a while.
func (o *owner) standStill(cause any) {
	o.build()
	if !o.leaves {
		o.leaves = true
		if _, still := o.decide(nil); still == nil {
			o.p.config.Logger.Error("going on with commands that were put off makes the engine fail: they are left lying, and their "+
				"instances stand still", "partition", o.p.config.ID, "cause", cause)
			o.build()
			return
		}
		o.leaves = false
		o.build()
	}
	o.held = o.p.config.Now() + holdTime
	o.p.config.Logger.Error("what is due makes the engine fail: timers stand still", "partition", o.p.config.ID,
		"for_ms", holdTime, "cause", cause)
}

// quarantine sets a command aside that makes the engine fail.
func (o *owner) quarantine(command record.Record, cause any) {
	o.p.counts.quarantined.Add(1)
	o.refuse(fmt.Errorf("%w: %s %s with key %d on partition %d: %v (please report this; nothing was changed)",
		ErrQuarantined, command.ValueType, command.IntentName(), command.Key, o.p.config.ID, cause))
	o.build()
}

// finishTurn sets the timer for what is due next.
func (o *owner) finishTurn() {
	if o.machine == nil {
		return
	}
	now := o.p.wall()
	if now < o.held {
		o.timer.Reset(time.Duration(o.held-now) * time.Millisecond)
		return
	}
	due, next := o.machine.Due(max(now, o.now))
	if due || o.p.streams.hungry() && !o.p.Paused() {
		if o.again = !o.idle; o.idle { // it should not be due still; never spin
			o.timer.Reset(restTime)
		}
		return
	}
	sleep := longestSleep
	if next == math.MaxInt64 || o.p.Paused() {
		o.timer.Stop()
		return
	}
	if wait := next - now; wait < sleep.Milliseconds() {
		sleep = time.Duration(max(wait, 1)) * time.Millisecond
	}
	o.timer.Reset(sleep)
}

package check

import (
	"container/heap"
	"math"

	"github.com/payhub/payhub/engine/record"
)

// timers proves that a timer fires exactly once, never before it is due by the clock of the leader that decides, and not much
// later than that leader could know. What a leader could know is seen from what it decided: a leader that was frozen, or had no
// majority, decided nothing; one that goes on deciding after a timer was due, by its clock, has to fire it soon. While nothing
// has gone wrong for a while the clock alone counts.
type timers struct {
	deaf
	j       *Judge
	open    map[int64]*openTimer
	waiting map[int32]*dueTimers
	leads   map[int32]*lead
	fault   int64 // when the last one was injected
}

// openTimer is a timer that has not fired.
type openTimer struct {
	key       int64
	partition int32
	due       int64
	scope     int64  // element instance it belongs to, -1 for a start event
	term      uint64 // in which it was seen to be due
	seen      int64  // true time of the first decision then, by which it was due
	decisions int    // how many there had been
}

// lead is what a leader of a partition has decided in its term.
type lead struct {
	term      uint64
	since     int64 // its first time, by its own clock
	decisions int
}

// The bounds. A leader has decisionsToFire decisions, because one decision does a limited number of things, and Options.Late
// ms of true time; calm is how long after a fault, in ms, its consequences may last.
const (
	decisionsToFire = 50
	calm            = 30_000
)

func newTimers(j *Judge) *timers {
	return &timers{j: j, open: map[int64]*openTimer{}, waiting: map[int32]*dueTimers{}, leads: map[int32]*lead{}, fault: math.MinInt64 / 2}
}

func (k *timers) listens() []record.ValueType { return []record.ValueType{record.TimerValue} }

// faulted implements checker.
func (k *timers) faulted() { k.fault = k.j.at }

func (k *timers) committed(e *Entry) {
	if !e.effective() {
		return
	}
	l := k.leads[e.Partition]
	if l == nil || l.term != e.Term {
		l = &lead{term: e.Term, since: e.Batch.Now}
		k.leads[e.Partition] = l
	}
	l.decisions++
	for waiting := k.of(e.Partition); len(*waiting) > 0 && (*waiting)[0].due <= e.Batch.Now; {
		t := heap.Pop(waiting).(*openTimer)
		t.term, t.seen, t.decisions = e.Term, e.Real, l.decisions
	}
}

// of are the timers of a partition that have not been seen to be due.
func (k *timers) of(partition int32) *dueTimers {
	if k.waiting[partition] == nil {
		k.waiting[partition] = &dueTimers{}
	}
	return k.waiting[partition]
}

func (k *timers) record(e *Entry, r *record.Record) {
	if r.Type != record.Event {
		return
	}
	v := r.Value.(*record.Timer)
	t := k.open[r.Key]
	switch r.Intent {
	case record.TimerCreated:
		if t != nil {
			k.j.blame(RuleTimer, of(e, r), "timer %d is created twice", r.Key)
		}
		t = &openTimer{key: r.Key, partition: e.Partition, due: v.DueDate, scope: v.ElementInstanceKey}
		k.open[r.Key] = t
		heap.Push(k.of(e.Partition), t)
	case record.TimerCanceled, record.TimerTriggered:
		if t == nil {
			k.j.blame(RuleTimer, of(e, r), "timer %d is %s, and it has fired or been canceled before, or never was", r.Key, r.IntentName())
			return
		}
		if r.Intent == record.TimerTriggered {
			k.fired(e, r, t)
		}
		delete(k.open, r.Key)
	}
}

// fired judges the moment.
func (k *timers) fired(e *Entry, r *record.Record, t *openTimer) {
	now, l := e.Batch.Now, k.leads[e.Partition]
	late, real := now-max(t.due, l.since), e.Real-t.seen
	switch {
	case now < t.due:
		k.j.blame(RuleTimer, of(e, r), "timer %d fired at %d, %d ms early", r.Key, now, t.due-now)
	case t.term == e.Term && real > k.j.options.Late && l.decisions-t.decisions > decisionsToFire:
		k.j.blame(RuleTimer, of(e, r), "timer %d fired %d ms after its leader first decided anything when it was due, and %d decisions later", r.Key, real, l.decisions-t.decisions)
	case late > k.j.options.Late && e.Real-late > k.fault+calm:
		k.j.blame(RuleTimer, of(e, r), "timer %d fired %d ms late, and its leader could have known for %d ms, in which nothing went wrong", r.Key, now-t.due, late)
	}
}

// end looks for timers that never fired although they were due; those that are left of something that ended are found by
// open.
func (k *timers) end([]string) {
	for _, key := range sorted(k.open) {
		t := k.open[key]
		if last := k.j.open.lastNow[t.partition]; t.scope > 0 && k.leads[t.partition] != nil && t.due+k.j.options.Late < last {
			k.j.blame(RuleTimer, where{partition: t.partition, key: key}, "timer %d was due at %d and has not fired at %d", key, t.due, last)
		}
	}
}

// dueTimers is a heap by due date.
type dueTimers []*openTimer

func (d dueTimers) Len() int           { return len(d) }
func (d dueTimers) Less(i, j int) bool { return d[i].due < d[j].due }
func (d dueTimers) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }

// Push implements heap.Interface.
func (d *dueTimers) Push(x any) { *d = append(*d, x.(*openTimer)) }

// Pop implements heap.Interface.
func (d *dueTimers) Pop() any {
	last := (*d)[len(*d)-1]
	*d = (*d)[:len(*d)-1]
	return last
}

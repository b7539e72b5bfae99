package check

import "github.com/payhub/payhub/engine/record"

// timers proves that a timer fires exactly once, never before it is due by the clock of the leader that decides, and late
// by no more than the time without a leader and a bound.
type timers struct {
	deaf
	j     *Judge
	open  map[int64]*openTimer
	began map[int32]*lead
}

// openTimer is a timer that has not fired.
type openTimer struct {
	partition int32
	due       int64
	scope     int64 // element instance it belongs to, -1 for a start event
}

// lead is how long the leader of a partition has led, by its own clock.
type lead struct {
	term  uint64
	since int64
}

func newTimers(j *Judge) *timers {
	return &timers{j: j, open: map[int64]*openTimer{}, began: map[int32]*lead{}}
}

func (k *timers) listens() []record.ValueType { return []record.ValueType{record.TimerValue} }

func (k *timers) committed(e *Entry) {
	if !e.effective() {
		return
	}
	if l := k.began[e.Partition]; l == nil || l.term != e.Term {
		k.began[e.Partition] = &lead{e.Term, e.Batch.Now}
	}
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
		k.open[r.Key] = &openTimer{e.Partition, v.DueDate, v.ElementInstanceKey}
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

// fired judges the moment. e.Clock is the leader's clock as the world knows it, which may lie behind the batch's time when
// that had to wait for an earlier leader's faster clock.
func (k *timers) fired(e *Entry, r *record.Record, t *openTimer) {
	now := e.Batch.Now
	if now < t.due {
		k.j.blame(RuleTimer, of(e, r), "timer %d fired at %d, %d ms early", r.Key, now, t.due-now)
	}
	if could := max(t.due, k.began[e.Partition].since); now-could > k.j.options.Late {
		k.j.blame(RuleTimer, of(e, r), "timer %d fired %d ms late, and its leader could have known for %d ms", r.Key, now-t.due, now-could)
	}
}

// end looks for timers that never fired although they were due; those that are left of something that ended are found by
// open.
func (k *timers) end([]string) {
	for _, key := range sorted(k.open) {
		t := k.open[key]
		l := k.began[t.partition]
		if t.scope > 0 && l != nil && t.due+k.j.options.Late < k.j.open.lastNow[t.partition] {
			k.j.blame(RuleTimer, where{partition: t.partition, key: key}, "timer %d was due at %d and has not fired at %d", key, t.due, k.j.open.lastNow[t.partition])
		}
	}
}

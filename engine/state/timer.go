package state

import "github.com/payhub/payhub/engine/record"

// Timer is a timer that waits for its due date.
type Timer struct {
	record.Timer
	Key int64 // not in the row: it is the row's key
}

// Owner is what the timer goes away with: its element instance, or its definition for a start event.
func (t *Timer) Owner() int64 {
	if t.ElementInstanceKey >= 0 {
		return t.ElementInstanceKey
	}
	return t.ProcessDefinitionKey
}

// Timer finds a timer by its key; nil if there is none.
func (v *View) Timer(key int64) *Timer {
	t, ok := load[record.Timer](v, v.key(tableTimer).num(key))
	if !ok {
		return nil
	}
	return &Timer{Timer: *t, Key: key}
}

// TimersOf calls visit with every timer of an element instance or, for start events, of a
// definition.
func (v *View) TimersOf(owner int64, visit func(*Timer) bool) {
	v.scanPrefix(v.key(tableTimerOwner).num(owner), func(key, _ []byte) bool {
		t := v.Timer(lastNum(key))
		return t == nil || visit(t)
	})
}

// DueTimers calls visit with the timers that are due at now, earliest first, and returns the
// time of the first one that is not; math.MaxInt64 if there is none.
func (v *View) DueTimers(from, now int64, visit func(key int64) bool) (next int64) {
	return v.due(tableTimerDue, from, now, visit)
}

// InsertTimer adds a timer.
func (t *Tables) InsertTimer(timer *Timer) {
	t.overlay.insert(t.key(tableTimer).num(timer.Key), t.overlay.encode(&timer.Timer))
	t.overlay.insert(t.key(tableTimerDue).num(timer.DueDate).num(timer.Key), nil)
	t.overlay.insert(t.key(tableTimerOwner).num(timer.Owner()).num(timer.Key), nil)
}

// DeleteTimer removes a timer that has fired or is not wanted any more.
func (t *Tables) DeleteTimer(timer *Timer) {
	t.overlay.remove(t.key(tableTimer).num(timer.Key))
	t.overlay.remove(t.key(tableTimerDue).num(timer.DueDate).num(timer.Key))
	t.overlay.remove(t.key(tableTimerOwner).num(timer.Owner()).num(timer.Key))
}

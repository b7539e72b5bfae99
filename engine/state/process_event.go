package state

import "github.com/payhub/payhub/engine/record"

// ProcessEvent is an event that has hit a scope and waits to be taken.
type ProcessEvent struct {
	record.ProcessEvent
	Key int64 // not in the row: it is the row's key
}

// ProcessEvents calls visit with the events that wait at a scope, oldest first.
func (v *View) ProcessEvents(scope int64, visit func(*ProcessEvent) bool) {
	v.scanPrefix(v.key(tableProcessEvent).num(scope), func(key, value []byte) bool {
		return visit(&ProcessEvent{ProcessEvent: *decode[record.ProcessEvent](value), Key: lastNum(key)})
	})
}

// FirstProcessEvent is the oldest event that waits at a scope; nil if there is none.
func (v *View) FirstProcessEvent(scope int64) (first *ProcessEvent) {
	v.ProcessEvents(scope, func(e *ProcessEvent) bool {
		first = e
		return false
	})
	return first
}

// InsertProcessEvent adds an event.
func (t *Tables) InsertProcessEvent(e *ProcessEvent) {
	t.overlay.insert(t.key(tableProcessEvent).num(e.ScopeKey).num(e.Key), t.overlay.encode(&e.ProcessEvent))
}

// DeleteProcessEvent removes an event that was taken.
func (t *Tables) DeleteProcessEvent(scope, key int64) {
	t.overlay.remove(t.key(tableProcessEvent).num(scope).num(key))
}

// DeleteProcessEvents removes all events of a scope that ends.
func (t *Tables) DeleteProcessEvents(scope int64) {
	var keys []int64
	t.ProcessEvents(scope, func(e *ProcessEvent) bool {
		keys = append(keys, e.Key)
		return true
	})
	for _, key := range keys {
		t.DeleteProcessEvent(scope, key)
	}
}

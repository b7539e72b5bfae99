package state

import "github.com/payhub/payhub/engine/record"

// ProcessEvent is an event that has hit a scope and waits to be taken. A scope holds one: while
// it does, no other event is accepted there.
type ProcessEvent struct {
	record.ProcessEvent
	Key int64
}

// Fields implements the row codec.
func (e *ProcessEvent) Fields(c *record.Codec) {
	c.Int(&e.Key)
	e.ProcessEvent.Fields(c)
}

// ProcessEvent is the event that waits at a scope; nil if there is none.
func (v *View) ProcessEvent(scope int64) *ProcessEvent {
	e, _ := loadOf[ProcessEvent](v, tableProcessEvent, scope)
	return e
}

// InsertProcessEvent adds an event.
func (t *Tables) InsertProcessEvent(e *ProcessEvent) {
	t.overlay.insert(t.key(tableProcessEvent).num(e.ScopeKey), t.overlay.encode(e))
}

// DeleteProcessEvent removes the event of a scope, if there is one.
func (t *Tables) DeleteProcessEvent(scope int64) {
	if _, found := t.of(tableProcessEvent, scope); found {
		t.overlay.remove(t.key(tableProcessEvent).num(scope))
	}
}

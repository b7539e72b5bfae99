package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// elementActivated marks an element instance as active.
func elementActivated(t *state.Tables, r *record.Record) { setElementState(t, r) }

// setElementState moves an element instance to the state that the event is named after.
func setElementState(t *state.Tables, r *record.Record) {
	e := t.ElementInstance(r.Key)
	e.State = r.Intent
	t.PutElementInstance(e)
}

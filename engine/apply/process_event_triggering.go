package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// processEventTriggering lets an event wait at its scope until its element takes it.
func processEventTriggering(t *state.Tables, r *record.Record) {
	t.InsertProcessEvent(&state.ProcessEvent{ProcessEvent: *r.Value.(*record.ProcessEvent), Key: r.Key})
}

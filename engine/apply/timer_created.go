package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// timerCreated adds a timer.
func timerCreated(t *state.Tables, r *record.Record) {
	t.InsertTimer(&state.Timer{Timer: *r.Value.(*record.Timer), Key: r.Key})
}

package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// messagePublished buffers a message; what nobody may wait for expires in the same step.
func messagePublished(t *state.Tables, r *record.Record) {
	t.InsertMessage(&state.Message{Message: *r.Value.(*record.Message), Key: r.Key})
}

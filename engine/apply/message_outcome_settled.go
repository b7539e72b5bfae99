package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// messageOutcomeSettled forgets the call that waited for what becomes of a message.
func messageOutcomeSettled(t *state.Tables, r *record.Record) {
	t.DeleteAwaitedOutcome(r.Key)
}

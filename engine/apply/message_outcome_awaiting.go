package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// messageOutcomeAwaiting keeps the call that waits for what becomes of a message.
func messageOutcomeAwaiting(t *state.Tables, r *record.Record) {
	t.PutAwaitedOutcome(r.Key, r.Value.(*record.MessageOutcome))
}

package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// messageStartEventSubscriptionDeleted stops messages from starting a definition.
func messageStartEventSubscriptionDeleted(t *state.Tables, r *record.Record) {
	t.DeleteMessageStart(&state.MessageStart{MessageStartEventSubscription: *r.Value.(*record.MessageStartEventSubscription), Key: r.Key})
}

package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// messageStartEventSubscriptionCreated lets messages start a definition.
func messageStartEventSubscriptionCreated(t *state.Tables, r *record.Record) {
	t.PutMessageStart(&state.MessageStart{MessageStartEventSubscription: *r.Value.(*record.MessageStartEventSubscription), Key: r.Key})
}

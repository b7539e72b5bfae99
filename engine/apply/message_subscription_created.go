package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// messageSubscriptionCreated adds a subscription.
func messageSubscriptionCreated(t *state.Tables, r *record.Record) {
	t.PutMessageSubscription(&state.MessageSubscription{MessageSubscription: *r.Value.(*record.MessageSubscription), Key: r.Key})
}

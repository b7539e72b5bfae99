package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// processMessageSubscriptionCreating adds a subscription that its other side has not confirmed.
func processMessageSubscriptionCreating(t *state.Tables, r *record.Record) {
	t.PutProcessMessageSubscription(&state.ProcessMessageSubscription{
		ProcessMessageSubscription: *r.Value.(*record.ProcessMessageSubscription), Key: r.Key,
	})
}

package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// processMessageSubscriptionDeleted removes a subscription.
func processMessageSubscriptionDeleted(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.ProcessMessageSubscription)
	if s := t.ProcessMessageSubscription(v.ElementInstanceKey, v.MessageName); s != nil {
		t.DeleteProcessMessageSubscription(s)
	}
}

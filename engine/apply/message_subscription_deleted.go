package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// messageSubscriptionDeleted removes a subscription.
func messageSubscriptionDeleted(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.MessageSubscription)
	if s := t.MessageSubscription(v.ElementInstanceKey, v.MessageName); s != nil {
		t.DeleteMessageSubscription(s)
	}
}

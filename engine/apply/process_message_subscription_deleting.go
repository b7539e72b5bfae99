package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// processMessageSubscriptionDeleting marks a subscription that its other side is to forget.
func processMessageSubscriptionDeleting(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.ProcessMessageSubscription)
	if s := t.ProcessMessageSubscription(v.ElementInstanceKey, v.MessageName); s != nil {
		s.Closing = true
		t.PutProcessMessageSubscription(s)
	}
}

package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// processMessageSubscriptionCreated notes that the other side knows the subscription.
func processMessageSubscriptionCreated(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.ProcessMessageSubscription)
	if s := t.ProcessMessageSubscription(v.ElementInstanceKey, v.MessageName); s != nil {
		s.Opened = true
		t.PutProcessMessageSubscription(s)
	}
}

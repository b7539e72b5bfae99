package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// processMessageSubscriptionCorrelated ends an interrupting subscription that got its message.
func processMessageSubscriptionCorrelated(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.ProcessMessageSubscription)
	if s := t.ProcessMessageSubscription(v.ElementInstanceKey, v.MessageName); s != nil && s.IsInterrupting {
		t.DeleteProcessMessageSubscription(s)
	}
}

package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// messageSubscriptionRejected takes a message back that the instance no longer wanted, so that
// another one of its process may have it. The subscription is done with.
func messageSubscriptionRejected(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.MessageSubscription)
	t.DeleteMessageCorrelated(v.MessageKey, v.BpmnProcessID)
	if s := t.MessageSubscription(v.ElementInstanceKey, v.MessageName); s != nil {
		t.DeleteMessageSubscription(s)
	}
}

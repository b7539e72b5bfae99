package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// messageSubscriptionCorrelating notes that a message is on its way to the waiting instance, and
// that its process has had that message, unless the message is gone: then nobody else gets it.
func messageSubscriptionCorrelating(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.MessageSubscription)
	if s := t.MessageSubscription(v.ElementInstanceKey, v.MessageName); s != nil {
		s.Correlating, s.MessageKey, s.Variables = true, v.MessageKey, v.Variables
		t.PutMessageSubscription(s)
	}
	if t.HasMessage(v.MessageKey) {
		t.InsertMessageCorrelated(v.MessageKey, v.BpmnProcessID)
	}
}

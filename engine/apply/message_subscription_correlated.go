package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// messageSubscriptionCorrelated ends a correlation: an interrupting subscription is done, another
// one waits for the next message.
func messageSubscriptionCorrelated(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.MessageSubscription)
	s := t.MessageSubscription(v.ElementInstanceKey, v.MessageName)
	if s == nil {
		return
	}
	if s.IsInterrupting {
		t.DeleteMessageSubscription(s)
		return
	}
	s.Correlating, s.MessageKey, s.Variables = false, -1, nil
	t.PutMessageSubscription(s)
}

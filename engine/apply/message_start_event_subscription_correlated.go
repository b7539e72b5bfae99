package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// messageStartEventSubscriptionCorrelated notes that a message has started an instance: its
// process has had that message, and while the instance lives no other message with the same
// correlation key starts one.
func messageStartEventSubscriptionCorrelated(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.MessageStartEventSubscription)
	t.InsertMessageCorrelated(v.MessageKey, v.BpmnProcessID)
	if v.CorrelationKey == "" {
		return
	}
	t.LockMessageStart(v.ProcessInstanceKey, &state.StartedByMessage{
		BpmnProcessID: v.BpmnProcessID, MessageName: v.MessageName, CorrelationKey: v.CorrelationKey, TenantID: v.TenantID,
	})
}

package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// messageSubscriptionReject takes a message back that the instance did not want any more, and
// gives it to another one of the same process that waits for it.
func messageSubscriptionReject(s *step.Step, command *record.Record) {
	v := command.Value.(*record.MessageSubscription)
	s.Emit(-1, record.MessageSubscriptionRejected, v)
	m := s.View.Message(v.MessageKey)
	if m == nil {
		return
	}
	var other *state.MessageSubscription
	s.View.MessageSubscriptions(m.TenantID, m.Name, m.CorrelationKey, func(sub *state.MessageSubscription) bool {
		if sub.BpmnProcessID == v.BpmnProcessID && !sub.Correlating && sub.ElementInstanceKey != v.ElementInstanceKey {
			other = sub
		}
		return other == nil
	})
	if other != nil {
		correlate(s, other, m)
	}
}

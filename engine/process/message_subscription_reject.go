package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// messageSubscriptionReject takes a message back that the instance did not want any more, and
// gives it to another one of the same process that waits for it. If the message has gone
// meanwhile, because it had no time to live, only those can have it that waited when it came.
func messageSubscriptionReject(s *step.Step, command *record.Record) {
	v := command.Value.(*record.MessageSubscription)
	rejected := *v
	rejected.Variables = nil
	s.Emit(-1, record.MessageSubscriptionRejected, &rejected)
	m := s.View.Message(v.MessageKey)
	gone := m == nil
	if gone {
		m = &state.Message{Key: v.MessageKey, Message: record.Message{
			Name: v.MessageName, CorrelationKey: v.CorrelationKey, Variables: v.Variables, TenantID: v.TenantID,
		}}
	}
	var other *state.MessageSubscription
	s.View.MessageSubscriptions(m.TenantID, m.Name, m.CorrelationKey, func(sub *state.MessageSubscription) bool {
		if sub.BpmnProcessID == v.BpmnProcessID && !sub.Correlating && sub.ElementInstanceKey != v.ElementInstanceKey && (!gone || sub.Key < m.Key) {
			other = sub
		}
		return other == nil
	})
	if other == nil {
		giveBack(s, m.Key)
		return
	}
	correlate(s, other, m)
}

package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// processMessageSubscriptionCorrelate gives a message to the instance that waits for it. If it no
// longer waits the message goes back, with its variables: the other side may not have it any more.
func processMessageSubscriptionCorrelate(s *step.Step, command *record.Record) {
	v := command.Value.(*record.ProcessMessageSubscription)
	back := &record.MessageSubscription{
		ProcessInstanceKey: v.ProcessInstanceKey, ElementInstanceKey: v.ElementInstanceKey, BpmnProcessID: v.BpmnProcessID,
		MessageName: v.MessageName, MessageKey: v.MessageKey, CorrelationKey: v.CorrelationKey,
		IsInterrupting: v.IsInterrupting, TenantID: v.TenantID,
	}
	to := record.PartitionOf(v.MessageKey)
	sub := s.View.ProcessMessageSubscription(v.ElementInstanceKey, v.MessageName)
	if sub == nil || sub.Closing || !element.Waits(s, v.ElementInstanceKey) {
		back.Variables = v.Variables
		s.Send(to, -1, record.MessageSubscriptionReject, back)
		return
	}
	correlated := sub.ProcessMessageSubscription
	correlated.MessageKey, correlated.Variables = v.MessageKey, v.Variables
	s.Emit(sub.Key, record.ProcessMessageSubscriptionCorrelated, &correlated)
	element.Trigger(s, v.ElementInstanceKey, sub.ElementID, v.Variables)
	s.Send(to, -1, record.MessageSubscriptionCorrelate, back)
}

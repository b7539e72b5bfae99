package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// messageSubscriptionCreate lets an instance wait for a message here, and gives it one that is
// buffered already.
func messageSubscriptionCreate(s *step.Step, command *record.Record) {
	v := command.Value.(*record.MessageSubscription)
	sub := s.View.MessageSubscription(v.ElementInstanceKey, v.MessageName)
	if sub == nil {
		sub = &state.MessageSubscription{MessageSubscription: *v, Key: s.NextKey()}
		s.Emit(sub.Key, record.MessageSubscriptionCreated, &sub.MessageSubscription)
		if correlateNext(s, sub) {
			return
		}
	}
	s.Send(record.PartitionOf(v.ProcessInstanceKey), -1, record.ProcessMessageSubscriptionCreate, otherSide(v))
}

// otherSide is a subscription as the instance's own partition names it.
func otherSide(v *record.MessageSubscription) *record.ProcessMessageSubscription {
	return &record.ProcessMessageSubscription{
		ProcessInstanceKey: v.ProcessInstanceKey, ElementInstanceKey: v.ElementInstanceKey, BpmnProcessID: v.BpmnProcessID,
		MessageName: v.MessageName, MessageKey: v.MessageKey, CorrelationKey: v.CorrelationKey,
		IsInterrupting: v.IsInterrupting, TenantID: v.TenantID,
	}
}

package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// messageSubscriptionDelete ends an instance's waiting for a message here.
func messageSubscriptionDelete(s *step.Step, command *record.Record) {
	v := command.Value.(*record.MessageSubscription)
	if sub := s.View.MessageSubscription(v.ElementInstanceKey, v.MessageName); sub != nil {
		s.Emit(sub.Key, record.MessageSubscriptionDeleted, &sub.MessageSubscription)
	}
	s.Send(record.PartitionOf(v.ProcessInstanceKey), -1, record.ProcessMessageSubscriptionDelete, otherSide(v))
}

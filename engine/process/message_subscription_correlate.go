package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// messageSubscriptionCorrelate ends a correlation that the instance has confirmed; one that goes
// on waiting gets the next buffered message.
func messageSubscriptionCorrelate(s *step.Step, command *record.Record) {
	v := command.Value.(*record.MessageSubscription)
	confirm(s, v.MessageKey, v.ProcessInstanceKey)
	sub := s.View.MessageSubscription(v.ElementInstanceKey, v.MessageName)
	if sub == nil || !sub.Correlating {
		return
	}
	s.Emit(sub.Key, record.MessageSubscriptionCorrelated, &sub.MessageSubscription)
	if sub.IsInterrupting {
		return
	}
	if open := s.View.MessageSubscription(v.ElementInstanceKey, v.MessageName); open != nil {
		correlateNext(s, open)
	}
}

package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// processMessageSubscriptionDelete ends a subscription that its other side has forgotten.
func processMessageSubscriptionDelete(s *step.Step, command *record.Record) {
	v := command.Value.(*record.ProcessMessageSubscription)
	if sub := s.View.ProcessMessageSubscription(v.ElementInstanceKey, v.MessageName); sub != nil && sub.Closing {
		s.Emit(sub.Key, record.ProcessMessageSubscriptionDeleted, &sub.ProcessMessageSubscription)
	}
}

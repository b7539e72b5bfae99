package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// processMessageSubscriptionCreate notes that the partition of the correlation key knows the
// subscription.
func processMessageSubscriptionCreate(s *step.Step, command *record.Record) {
	v := command.Value.(*record.ProcessMessageSubscription)
	if sub := s.View.ProcessMessageSubscription(v.ElementInstanceKey, v.MessageName); sub != nil && !sub.Opened && !sub.Closing {
		s.Emit(sub.Key, record.ProcessMessageSubscriptionCreated, &sub.ProcessMessageSubscription)
	}
}

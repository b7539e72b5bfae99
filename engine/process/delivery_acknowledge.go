package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// deliveryAcknowledge empties the outbox of a partition through the number that it has taken. If
// its checkpoint is later than ours we take that first: the outbox in it still holds what the
// other one's state at the checkpoint may not have.
func deliveryAcknowledge(s *step.Step, command *record.Record) {
	v := command.Value.(*record.Delivery)
	if !reaches(s, v.Checkpoint) {
		s.Defer(*command)
		return
	}
	posted := s.View.Posted(v.To)
	if through := min(v.Through, posted.Last); through > posted.Acknowledged {
		s.Emit(-1, record.DeliveryAcknowledged, &record.Delivery{From: s.Partition(), To: v.To, First: posted.Acknowledged + 1, Through: through, Checkpoint: v.Checkpoint})
	}
}

package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// deliveryReceive takes mail of another partition: what has been taken before is passed over, a
// gap is not taken. Mail of a later checkpoint than ours is not taken yet either: we take the
// checkpoint first and the sender tries again. The answer says how far we have everything.
func deliveryReceive(s *step.Step, command *record.Record) {
	v := command.Value.(*record.Delivery)
	if v.To != s.Partition() || v.From == s.Partition() || v.From < 1 || v.First < 1 {
		s.Reject(command, record.InvalidArgument, "Expected mail from another partition to partition %d, but got number %d from partition %d to partition %d",
			s.Partition(), v.First, v.From, v.To)
		return
	}
	has, last := s.View.Received(v.From), v.Through
	if len(v.Commands) > 0 {
		last = v.First + int64(len(v.Commands)) - 1
	}
	if reaches(s, v.Checkpoint) && v.First <= has+1 && last > has {
		s.Emit(-1, record.DeliveryReceived, &record.Delivery{From: v.From, To: v.To, First: has + 1, Through: last, Checkpoint: v.Checkpoint})
		if len(v.Commands) > 0 {
			s.Receive(v.Commands[has+1-v.First:])
		}
		has = last
	}
	s.Respond(-1, record.DeliveryReceived, &record.Delivery{From: v.From, To: v.To, Through: has, Checkpoint: s.View.Checkpoint()})
}

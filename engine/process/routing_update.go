package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// routingUpdate makes the cluster larger: every new partition is mailed all definitions. The
// partitions over which correlation keys are hashed stay those the cluster was formed with.
func routingUpdate(s *step.Step, command *record.Record) {
	v := command.Value.(*record.Routing)
	now := s.Routing()
	switch {
	case s.Partition() != coordinator:
		s.Reject(command, record.InvalidArgument, "Expected to update the routing at partition %d, but this is partition %d", coordinator, s.Partition())
		return
	case v.Partitions >= record.MaxPartitions:
		s.Reject(command, record.InvalidArgument, "Expected less than %d partitions, but got %d", record.MaxPartitions, v.Partitions)
		return
	case v.Partitions < now.Partitions:
		s.Reject(command, record.InvalidState, "Expected at least as many partitions as there are, %d, but got %d: partitions cannot be removed", now.Partitions, v.Partitions)
		return
	case v.MessagePartitions != 0 && v.MessagePartitions != now.MessagePartitions:
		s.Reject(command, record.InvalidState, "Expected correlation keys to stay hashed over %d partitions, but got %d", now.MessagePartitions, v.MessagePartitions)
		return
	}
	next := &record.Routing{Partitions: v.Partitions, MessagePartitions: now.MessagePartitions}
	if v.Partitions > now.Partitions {
		s.Emit(-1, record.RoutingUpdated, next)
		for p := now.Partitions + 1; p <= next.Partitions; p++ {
			s.FollowUp(0, record.RoutingDistribute, &record.Routing{Partitions: p})
		}
	}
	s.Respond(-1, record.RoutingUpdated, next)
}

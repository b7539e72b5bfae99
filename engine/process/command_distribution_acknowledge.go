package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// commandDistributionAcknowledge notes that a partition knows a deployment.
func commandDistributionAcknowledge(s *step.Step, command *record.Record) {
	v := command.Value.(*record.CommandDistribution)
	if !s.View.Distributing(command.Key, v.PartitionID) {
		return
	}
	s.Emit(command.Key, record.CommandDistributionAcknowledged, v)
	if s.View.Distributed(command.Key) {
		s.Emit(command.Key, record.CommandDistributionFinished, distribution(s.Partition()))
	}
}

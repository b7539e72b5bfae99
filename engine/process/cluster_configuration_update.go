package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// coordinator is the partition that keeps what there is once per cluster.
const coordinator = 1

// clusterConfigurationUpdate replaces the cluster's configuration by the next version.
func clusterConfigurationUpdate(s *step.Step, command *record.Record) {
	v := command.Value.(*record.ClusterConfiguration)
	if s.Partition() != coordinator {
		s.Reject(command, record.InvalidArgument, "Expected to update the cluster's configuration at partition %d, but this is partition %d", coordinator, s.Partition())
		return
	}
	var version int64
	if now := s.View.Configuration(); now != nil {
		version = now.Version
	}
	if v.Version != version+1 {
		s.Reject(command, record.InvalidState, "Expected to update the cluster's configuration to version %d, but got version %d: somebody else has changed it", version+1, v.Version)
		return
	}
	s.Emit(-1, record.ClusterConfigurationUpdated, v)
	s.Respond(-1, record.ClusterConfigurationUpdated, v)
}

package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
)

var roles = map[Role]gatewaypb.Partition_PartitionBrokerRole{
	Leader:   gatewaypb.Partition_LEADER,
	Follower: gatewaypb.Partition_FOLLOWER,
	Inactive: gatewaypb.Partition_INACTIVE,
}

// Topology implements gatewaypb.GatewayServer. It never fails: while nothing is known the list
// of brokers is empty.
func (s *Server) Topology(context.Context, *gatewaypb.TopologyRequest) (*gatewaypb.TopologyResponse, error) {
	topology := s.router.Topology()
	response := &gatewaypb.TopologyResponse{
		ClusterId:         topology.ClusterID,
		ClusterSize:       topology.ClusterSize,
		PartitionsCount:   topology.PartitionsCount,
		ReplicationFactor: topology.ReplicationFactor,
		GatewayVersion:    s.config.Version,
	}
	for _, broker := range topology.Brokers {
		info := &gatewaypb.BrokerInfo{NodeId: broker.NodeID, Host: broker.Host, Port: broker.Port, Version: broker.Version}
		if info.Version == "" {
			info.Version = s.config.Version
		}
		for _, partition := range broker.Partitions {
			health := gatewaypb.Partition_UNHEALTHY
			if partition.Healthy {
				health = gatewaypb.Partition_HEALTHY
			}
			info.Partitions = append(info.Partitions, &gatewaypb.Partition{PartitionId: partition.ID, Role: roles[partition.Role], Health: health})
		}
		response.Brokers = append(response.Brokers, info)
	}
	return response, nil
}

package cluster

// Role is what a node is for a partition.
type Role uint8

// The roles of a node for a partition.
const (
	Leader Role = iota
	Follower
	Inactive
)

// Topology is the cluster as this node knows it.
type Topology struct {
	ClusterID         string
	ClusterSize       int32
	PartitionsCount   int32
	ReplicationFactor int32
	Brokers           []Broker
}

// Broker is one node with the address at which other nodes reach it.
type Broker struct {
	NodeID     int32
	Host       string
	Port       int32
	Version    string // "" = as the gateway's
	Partitions []BrokerPartition
}

// BrokerPartition is a partition on one node.
type BrokerPartition struct {
	ID      int32
	Role    Role
	Healthy bool
}

// Topology is what is known of the cluster now.
func (r *Router) Topology() Topology {
	self := Broker{NodeID: r.config.NodeID, Host: r.config.Host, Port: r.config.Port}
	for _, id := range r.ids {
		role := Follower
		if r.partitions[id].Leads() {
			role = Leader
		}
		self.Partitions = append(self.Partitions, BrokerPartition{ID: id, Role: role, Healthy: true})
	}
	return Topology{
		ClusterID: r.config.ClusterID, ClusterSize: r.config.ClusterSize, PartitionsCount: int32(len(r.ids)),
		ReplicationFactor: r.config.ReplicationFactor, Brokers: []Broker{self},
	}
}

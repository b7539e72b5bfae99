package cluster

import (
	"cmp"
	"slices"
)

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
	Brokers           []Broker // by node id: this node and those that are alive
}

// Broker is one node with the address at which clients reach it.
type Broker struct {
	NodeID     int32
	ServerID   string // the node id with its generation
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

// Topology is what is known of the cluster now. A node says itself what its replicas are; who
// leads is what the highest term says, also where a node has not said so yet.
func (r *Router) Topology() Topology {
	r.mu.Lock()
	config := r.config
	r.mu.Unlock()
	brokers := []Broker{{
		NodeID: config.NodeID, ServerID: config.ServerID, Host: config.Host, Port: config.Port,
		Version: config.Version, Partitions: r.replicas(),
	}}
	for _, p := range config.Peers() {
		if p.ServerID == config.ServerID {
			continue
		}
		brokers = append(brokers, Broker{
			NodeID: p.NodeID, ServerID: p.ServerID, Host: p.Host, Port: p.Port, Version: p.Version,
			Partitions: r.corrected(p.ServerID, r.roster.replicasOf(p.ServerID)),
		})
	}
	slices.SortFunc(brokers, func(a, b Broker) int { return cmp.Compare(a.NodeID, b.NodeID) })
	return Topology{
		ClusterID: config.ClusterID, ClusterSize: config.ClusterSize, PartitionsCount: int32(len(r.PartitionIDs())),
		ReplicationFactor: config.ReplicationFactor, Brokers: brokers,
	}
}

// replicas are the partitions of this node.
func (r *Router) replicas() []BrokerPartition {
	var all []BrokerPartition
	for id, local := range r.view.Load().locals {
		replica := BrokerPartition{ID: id, Role: Follower, Healthy: true}
		leader := r.table.leader(id)
		if leader.server == r.config.ServerID || leader.term == 0 && local.Leads() {
			replica.Role = Leader
		}
		if r.config.Replica != nil {
			active, healthy := r.config.Replica(id)
			if replica.Healthy = healthy; !active {
				replica.Role = Inactive
			}
		}
		all = append(all, replica)
	}
	slices.SortFunc(all, func(a, b BrokerPartition) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// corrected makes what a node last said of its replicas agree with who leads by the highest term.
func (r *Router) corrected(server string, replicas []BrokerPartition) []BrokerPartition {
	for i := range replicas {
		switch p := &replicas[i]; {
		case r.table.leader(p.ID).server == server:
			p.Role = Leader
		case p.Role == Leader:
			p.Role = Follower
		}
	}
	return replicas
}

func (r *Router) topologyChanged() {
	if notify := r.config.TopologyChanged; notify != nil {
		notify()
	}
}

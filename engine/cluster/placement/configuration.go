// Package placement decides which node has which partition: the distribution a cluster starts with,
// and the plans that bring it to another one while it runs. It is pure: who carries a plan out, and
// where the document lies, is not its concern.
package placement

import (
	"cmp"
	"fmt"
	"slices"
)

// Configuration is the cluster as it has been decided: its nodes, who has which partition, and the
// change under way. It is a value: every operation gives a new one and leaves the old as it was.
type Configuration struct {
	ClusterID string `json:"clusterId"`
	// Version grows by one with every new document; the register that keeps it refuses any other.
	Version int64 `json:"version"`
	// ReplicationFactor is how many nodes have each partition.
	ReplicationFactor int `json:"replicationFactor"`
	// Members are the nodes, by node id.
	Members []Member `json:"members"`
	// Partitions are 1, 2, 3 …
	Partitions []Partition `json:"partitions"`
	// RoutedPartitions is how many of them get new process instances: a partition that is being added
	// gets none before it has the deployments.
	RoutedPartitions int32 `json:"routedPartitions"`
	// MessagePartitions is what correlation keys are spread over. It stays as it was when the cluster
	// was formed, so that no key ever moves.
	MessagePartitions int32 `json:"messagePartitions"`
	// Abandoned are the server ids of the disks that the cluster was recovered without: they may hold what
	// this cluster does not know, and never come back under these names.
	Abandoned []string `json:"abandoned,omitempty"`
	// Change is what is under way; nil: nothing.
	Change *Change `json:"change,omitempty"`
	// LastChange is the last one that has ended; nil: none has.
	LastChange *Ended `json:"lastChange,omitempty"`
}

// Member is one node.
type Member struct {
	Node int32 `json:"node"`
	// Generation names the disk: a node that lost it comes back with another one.
	Generation string `json:"generation"`
	// Zone is the region or rack; nodes of one zone may fail together. "": the cluster has no zones.
	Zone string `json:"zone,omitempty"`
}

// Partition is one partition with the nodes that have it, by node id. Between the steps of a change
// it may have one replica more than the replication factor.
type Partition struct {
	ID       int32     `json:"id"`
	Replicas []Replica `json:"replicas"`
}

// Replica is a voter of a partition.
type Replica struct {
	Node       int32  `json:"node"`
	Generation string `json:"generation"`
	// Priority says who should lead: the highest of the partition, from 1 to the number of replicas.
	Priority int `json:"priority"`
}

// ServerID is the name of a replica's node in Raft: node id and generation ("2-9f3c").
func (r Replica) ServerID() string { return ServerID(r.Node, r.Generation) }

// ServerID is the name of a node in Raft ("2-9f3c").
func (m Member) ServerID() string { return ServerID(m.Node, m.Generation) }

// ServerID is the name of a node's generation in Raft ("2-9f3c").
func ServerID(node int32, generation string) string { return fmt.Sprintf("%d-%s", node, generation) }

// Member finds a node.
func (c *Configuration) Member(node int32) (Member, bool) {
	i := slices.IndexFunc(c.Members, func(m Member) bool { return m.Node == node })
	if i < 0 {
		return Member{}, false
	}
	return c.Members[i], true
}

// Partition finds a partition.
func (c *Configuration) Partition(id int32) (Partition, bool) {
	i := slices.IndexFunc(c.Partitions, func(p Partition) bool { return p.ID == id })
	if i < 0 {
		return Partition{}, false
	}
	return c.Partitions[i], true
}

// On finds the partition's replica on a node, of whatever generation.
func (p Partition) On(node int32) (Replica, bool) {
	i := slices.IndexFunc(p.Replicas, func(r Replica) bool { return r.Node == node })
	if i < 0 {
		return Replica{}, false
	}
	return p.Replicas[i], true
}

// Leader is the node that should lead the partition: the highest priority; of equals, as there may be
// between the steps of a change, the lowest node id. -1: the partition has no replica.
func (p Partition) Leader() int32 {
	leader, highest := int32(-1), -1
	for _, r := range p.Replicas {
		if r.Priority > highest {
			leader, highest = r.Node, r.Priority
		}
	}
	return leader
}

// Leaders says for each partition which node should lead it.
func (c *Configuration) Leaders() map[int32]int32 {
	leaders := make(map[int32]int32, len(c.Partitions))
	for _, p := range c.Partitions {
		leaders[p.ID] = p.Leader()
	}
	return leaders
}

// Hosting is a partition that a node must have open.
type Hosting struct {
	Partition int32
	// Joining: the replica is not a voter yet; the operation under way makes it one.
	Joining bool
	// Alone: the operation under way starts the partition, with this node as its only voter.
	Alone bool
}

// Hosted are the partitions that a node of this generation must have open, by partition: those it
// has, and the one it gets by the operation under way. What is not among them it closes and deletes.
func (c *Configuration) Hosted(node int32, generation string) []Hosting {
	var hosted []Hosting
	for _, p := range c.Partitions {
		if r, ok := p.On(node); ok && r.Generation == generation {
			hosted = append(hosted, Hosting{Partition: p.ID})
		}
	}
	o, ok := c.Current()
	if !ok || o.Node != node || o.Generation != generation {
		return hosted
	}
	switch o.Kind {
	case PartitionJoin:
		hosted = append(hosted, Hosting{Partition: o.Partition, Joining: true})
	case PartitionBootstrap:
		hosted = append(hosted, Hosting{Partition: o.Partition, Alone: true})
	}
	slices.SortFunc(hosted, func(a, b Hosting) int { return cmp.Compare(a.Partition, b.Partition) })
	return hosted
}

// clone is a copy that shares nothing with the original that anyone changes.
func (c *Configuration) clone() *Configuration {
	n := *c
	n.Members, n.Abandoned = slices.Clone(c.Members), slices.Clone(c.Abandoned)
	n.Partitions = make([]Partition, len(c.Partitions))
	for i, p := range c.Partitions {
		n.Partitions[i] = Partition{ID: p.ID, Replicas: slices.Clone(p.Replicas)}
	}
	if c.Change != nil {
		change := *c.Change
		n.Change = &change
	}
	if c.LastChange != nil {
		ended := *c.LastChange
		n.LastChange = &ended
	}
	return &n
}

package node

import (
	"slices"

	"github.com/payhub/payhub/engine/cluster/placement"
)

// Wish is a change that an operator asks for: exactly one of its fields is set. Nodes are named by
// their numbers; which disk of theirs is meant the coordinator knows from gossip.
type Wish struct {
	Scale   *Scale   `json:"scale,omitempty"`
	Replace *Replace `json:"replace,omitempty"`
	Move    *Move    `json:"move,omitempty"`
	Join    *Replica `json:"join,omitempty"`
	Leave   *Replica `json:"leave,omitempty"`
}

// Scale adds and removes nodes and changes the number of partitions and the replication factor in one
// change; see placement.Scale. 0 leaves a number as it is.
type Scale struct {
	Add               []int32 `json:"add,omitempty"`
	Remove            []int32 `json:"remove,omitempty"`
	Partitions        int     `json:"partitions,omitempty"`
	ReplicationFactor int     `json:"replicationFactor,omitempty"`
}

// Replace puts a new node in the place of an old one; see placement.Replace.
type Replace struct {
	Node int32 `json:"node"`
	By   int32 `json:"by"`
}

// Move moves a replica; see placement.Move.
type Move struct {
	Partition int32 `json:"partition"`
	From      int32 `json:"from"`
	To        int32 `json:"to"`
}

// Replica names a partition on a node.
type Replica struct {
	Partition int32 `json:"partition"`
	Node      int32 `json:"node"`
}

// wish is a wish as placement knows it.
func (n *Node) wish(now *placement.Configuration, w Wish) (placement.Wish, error) {
	switch {
	case w.Scale != nil:
		scale := placement.Scale{Remove: w.Scale.Remove, Partitions: w.Scale.Partitions, ReplicationFactor: w.Scale.ReplicationFactor}
		for _, id := range w.Scale.Add {
			m, err := n.newcomer(now, id)
			if err != nil {
				return nil, err
			}
			scale.Add = append(scale.Add, m)
		}
		return scale, nil
	case w.Replace != nil:
		m, err := n.newcomer(now, w.Replace.By)
		return placement.Replace{Node: w.Replace.Node, By: m}, err
	case w.Move != nil:
		return placement.Move{Partition: w.Move.Partition, From: w.Move.From, To: w.Move.To}, nil
	case w.Join != nil:
		return placement.Join{Partition: w.Join.Partition, Node: w.Join.Node}, nil
	case w.Leave != nil:
		return placement.Leave{Partition: w.Leave.Partition, Node: w.Leave.Node}, nil
	}
	return nil, refuse(FaultInvalid, "the request does not say what is to be changed")
}

// newcomer is a node that is to become a member: it must be up, so that its disk is known.
func (n *Node) newcomer(now *placement.Configuration, id int32) (placement.Member, error) {
	if _, ok := now.Member(id); ok {
		return placement.Member{}, refuse(FaultInvalid, "node %d is a member already", id)
	}
	for _, m := range n.nodes() {
		if m.Node != id {
			continue
		}
		if slices.Contains(now.Abandoned, m.ServerID()) {
			return placement.Member{}, refuse(FaultConflict, "node %d still has the disk that the cluster was recovered without (start it "+
				"again: it begins anew)", id)
		}
		return placement.Member{Node: m.Node, Generation: m.Generation, Zone: m.Zone}, nil
	}
	return placement.Member{}, refuse(FaultInvalid, "node %d was not seen (start it with engine.nodeId %d, an engine.clusterSize above that, the cluster's "+
		"engine.clusterId and engine.initialContactPoints; it waits to be added)", id, id)
}

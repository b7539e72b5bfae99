package fleet

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/payhub/payhub/engine/gatewaypb"
)

// askWithin is how long a node may take to say what it knows of the topology.
const askWithin = 3 * time.Second

// Topology is what one node says about the cluster.
func (n *Node) Topology(ctx context.Context) (*gatewaypb.TopologyResponse, error) {
	conn, err := grpc.NewClient("passthrough:///"+n.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	return gatewaypb.NewGatewayClient(conn).Topology(ctx, &gatewaypb.TopologyRequest{}, grpc.WaitForReady(true))
}

// Leads tells whether the node says of itself that it leads the partition.
func (n *Node) Leads(ctx context.Context, partition int) bool {
	t, err := n.Topology(ctx)
	return err == nil && roleOf(t, n.ID, partition) == gatewaypb.Partition_LEADER
}

// roleOf is the role of a node in a partition, as a topology says; -1 if it has none.
func roleOf(t *gatewaypb.TopologyResponse, node, partition int) gatewaypb.Partition_PartitionBrokerRole {
	for _, b := range t.GetBrokers() {
		for _, p := range b.GetPartitions() {
			if int(b.GetNodeId()) == node && int(p.GetPartitionId()) == partition {
				return p.GetRole()
			}
		}
	}
	return -1
}

// leaderWithin is how long a leader is waited for.
const leaderWithin = 60 * time.Second

// Leader waits for a node that leads the partition by its own words, among the given ones; none given are all that run.
func (c *Cluster) Leader(ctx context.Context, partition int, among ...*Node) (*Node, error) {
	for end := time.Now().Add(leaderWithin); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		asked := among
		if len(asked) == 0 {
			asked = c.Running()
		}
		for _, n := range asked {
			if n.Leads(ctx, partition) {
				return n, nil
			}
		}
	}
	return nil, fmt.Errorf("nobody says that it leads partition %d within %s", partition, leaderWithin)
}

// Follower gives a running node that has the partition and does not lead it.
func (c *Cluster) Follower(ctx context.Context, partition int) (*Node, error) {
	leader, err := c.Leader(ctx, partition)
	if err != nil {
		return nil, err
	}
	t, err := leader.Topology(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range c.Running() {
		if role := roleOf(t, n.ID, partition); n != leader && role >= 0 {
			return n, nil
		}
	}
	return nil, fmt.Errorf("partition %d has no other running node than its leader, node %d", partition, leader.ID)
}

// Whole waits until every partition has a leader and every node knows one for each.
func (c *Cluster) Whole(ctx context.Context) error {
	var last error
	for end := time.Now().Add(leaderWithin); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		if last = c.incomplete(ctx); last == nil {
			return nil
		}
	}
	return last
}

// incomplete says which node knows no leader of which partition.
func (c *Cluster) incomplete(ctx context.Context) error {
	for _, n := range c.Running() {
		t, err := n.Topology(ctx)
		if err != nil {
			return fmt.Errorf("node %d does not tell the topology: %w", n.ID, err)
		}
		led := map[int32]bool{}
		for _, b := range t.GetBrokers() {
			for _, p := range b.GetPartitions() {
				led[p.GetPartitionId()] = led[p.GetPartitionId()] || p.GetRole() == gatewaypb.Partition_LEADER
			}
		}
		for p := 1; p <= c.Partitions; p++ {
			if !led[int32(p)] {
				return fmt.Errorf("node %d knows no leader of partition %d", n.ID, p)
			}
		}
	}
	return nil
}

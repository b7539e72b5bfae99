package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/spf13/cobra"
)

// topology is the answer of GET /v2/topology, which -o json prints.
type topology struct {
	Brokers           []broker `json:"brokers"`
	ClusterSize       int32    `json:"clusterSize"`
	PartitionsCount   int32    `json:"partitionsCount"`
	ReplicationFactor int32    `json:"replicationFactor"`
	GatewayVersion    string   `json:"gatewayVersion"`
}

type broker struct {
	NodeID     int32             `json:"nodeId"`
	Host       string            `json:"host"`
	Port       int32             `json:"port"`
	Version    string            `json:"version"`
	Partitions []brokerPartition `json:"partitions"`
}

type brokerPartition struct {
	PartitionID int32  `json:"partitionId"`
	Role        string `json:"role"`
	Health      string `json:"health"`
}

func (a *app) topologyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "topology", Short: "print nodes, partitions and who leads them", Args: noArguments,
		Example: "  payhub topology -o json   # the answer of GET /v2/topology",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withGateway(c.Context(), "topology", func(ctx context.Context, g gatewayClient) error {
				response, err := g.Topology(ctx, &gatewaypb.TopologyRequest{})
				if err != nil {
					return err
				}
				answer := topologyOf(response)
				return a.print(answer, answer.text)
			})
		},
	}
}

func topologyOf(r *gatewaypb.TopologyResponse) topology {
	t := topology{[]broker{}, r.GetClusterSize(), r.GetPartitionsCount(), r.GetReplicationFactor(), r.GetGatewayVersion()}
	for _, b := range r.GetBrokers() {
		node := broker{b.GetNodeId(), b.GetHost(), b.GetPort(), b.GetVersion(), []brokerPartition{}}
		for _, p := range b.GetPartitions() {
			node.Partitions = append(node.Partitions, brokerPartition{p.GetPartitionId(), strings.ToLower(p.GetRole().String()), strings.ToLower(p.GetHealth().String())})
		}
		t.Brokers = append(t.Brokers, node)
	}
	return t
}

func (t topology) text(w io.Writer) {
	fmt.Fprintf(w, "cluster of %d node(s), %d partition(s), replication factor %d, gateway %s\n", t.ClusterSize, t.PartitionsCount, t.ReplicationFactor, t.GatewayVersion)
	var rows [][]string
	for _, b := range t.Brokers {
		for _, p := range b.Partitions {
			rows = append(rows, []string{fmt.Sprint(b.NodeID), fmt.Sprintf("%s:%d", b.Host, b.Port), fmt.Sprint(p.PartitionID), p.Role, p.Health})
		}
	}
	table(w, []string{"NODE", "ADDRESS", "PARTITION", "ROLE", "HEALTH"}, rows)
}

package main

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// nodes are the payhub servers of one cluster on this machine.
type nodes []*payhub

// startCluster starts a cluster and waits until every partition has a leader and every node leads its share.
func (b *bench) startCluster(ctx context.Context, size, partitions, factor int) (nodes, error) {
	var gossip []string
	for range size {
		port, err := freePorts(1)
		if err != nil {
			return nil, err
		}
		gossip = append(gossip, fmt.Sprintf("127.0.0.1:%d", port))
	}
	var cluster nodes
	for i := range size {
		s, err := b.newPayhub("server", "--engine.nodeId", strconv.Itoa(i), "--engine.clusterSize", strconv.Itoa(size),
			"--engine.partitions", strconv.Itoa(partitions), "--engine.replicationFactor", strconv.Itoa(factor),
			"--engine.initialContactPoints", "["+strings.Join(gossip, ",")+"]", "--gossip-listen", gossip[i])
		if err == nil {
			err = s.begin()
		}
		if err != nil {
			cluster.end()
			return nil, err
		}
		cluster = append(cluster, s)
	}
	if err := cluster.settle(ctx, partitions); err != nil {
		cluster.end()
		return nil, err
	}
	return cluster, nil
}

// settle waits until the nodes serve and leaders are spread.
func (n nodes) settle(ctx context.Context, partitions int) error {
	for _, s := range n {
		if err := s.ready(ctx); err != nil {
			return err
		}
	}
	most := (partitions + len(n) - 1) / len(n)
	return n[0].until(ctx, time.Minute, "leader of each partition, spread over the nodes", func() bool {
		all := 0
		for _, s := range n {
			leads := s.leads(ctx)
			if leads > most {
				return false
			}
			all += leads
		}
		return all == partitions
	})
}

// leads is how many partitions a node leads now.
func (s *payhub) leads(ctx context.Context) int {
	figures, err := s.metrics(ctx)
	if err != nil {
		return 0 // it is asked again
	}
	return int(figures["payhub_partition_leads"])
}

// leader is the node that leads the only partition.
func (n nodes) leader(ctx context.Context) (*payhub, error) {
	for _, s := range n {
		if s.leads(ctx) == 1 {
			return s, nil
		}
	}
	return nil, fmt.Errorf("no node leads the partition")
}

// end stops all nodes and deletes their data.
func (n nodes) end() {
	for _, s := range n {
		s.end()
	}
}

func (n nodes) processes() (all []*process) {
	for _, s := range n {
		all = append(all, s.process)
	}
	return all
}

// gateways are the nodes' addresses for clients, comma separated.
func (n nodes) gateways() string {
	var all []string
	for _, s := range n {
		all = append(all, s.addresses["grpc"])
	}
	return strings.Join(all, ",")
}

// sum adds one figure of all nodes' metrics.
func (n nodes) sum(ctx context.Context, name string) (sum float64, err error) {
	for _, s := range n {
		figures, err := s.metrics(ctx)
		if err != nil {
			return 0, err
		}
		sum += figures[name]
	}
	return sum, nil
}

var socketBytes = regexp.MustCompile(`bytes_(?:sent|received):(\d+)`)

// wire is how many bytes the open connections between the nodes have carried, in both directions, as the kernel counts them:
// each is counted where it was accepted.
func (n nodes) wire(ctx context.Context) (sum float64, err error) {
	filter := []string{"-tinH"}
	for i, s := range n {
		_, port, err := net.SplitHostPort(s.addresses["node"])
		if err != nil {
			return 0, fmt.Errorf("the address of the node listener: %w", err)
		}
		if i > 0 {
			filter = append(filter, "or")
		}
		filter = append(filter, "sport", "=", ":"+port)
	}
	out, err := exec.CommandContext(ctx, "ss", filter...).Output()
	if err != nil {
		return 0, fmt.Errorf("ss (of iproute2) counts the bytes between nodes: %w", err)
	}
	for _, found := range socketBytes.FindAllSubmatch(out, -1) {
		bytes, err := strconv.ParseFloat(string(found[1]), 64)
		if err != nil {
			return 0, err
		}
		sum += bytes
	}
	return sum, nil
}

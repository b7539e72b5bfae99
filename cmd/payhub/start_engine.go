package main

import (
	"context"
	"encoding/base64"
	"errors"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	enginenode "github.com/payhub/payhub/engine/node"
	"github.com/payhub/payhub/internal/certificate"
)

// clustered tells whether the node is, or may become, one of several.
func (n *node) clustered() bool {
	return n.Engine.ClusterSize > 1 || len(n.Engine.InitialContactPoints) > 0
}

// startEngine starts this node's part of the engine: its log, its place in the cluster and its
// partitions.
func (n *node) startEngine(ctx context.Context, exporters func() ([]enginenode.Exporter, error)) (*enginenode.Node, error) {
	tuneCollector()
	c := enginenode.Config{
		Data: filepath.Clean(n.Engine.Data), ID: int32(n.Engine.NodeID), Zone: n.Engine.Zone, Version: gatewayVersion,
		Cluster: enginenode.Cluster{
			ID: n.Engine.ClusterID, Size: n.Engine.ClusterSize, Partitions: n.Engine.Partitions, Factor: n.Engine.ReplicationFactor,
		},
		GRPCAddress: n.grpcAddress(), FlushInterval: n.Engine.Flush.Interval, SnapshotInterval: n.Engine.Snapshot.Interval,
		MinFree: uint64(n.Engine.Disk.MinFreeMiB) << 20, IdempotencyRetention: n.Engine.Idempotency.Retention,
		Exporters: exporters, Fatal: n.fail, Logger: n.log, RaftLogger: raftLogger(n.log),
	}
	collectors := map[*enginenode.Hosted][]prometheus.Collector{}
	c.Opened = func(h *enginenode.Hosted) {
		list := []prometheus.Collector{partitionMetrics(h), exporterMetrics(h)}
		n.metrics.MustRegister(list...)
		n.lock.Lock()
		defer n.lock.Unlock()
		collectors[h] = list
	}
	c.Closed = func(h *enginenode.Hosted) {
		n.lock.Lock()
		defer n.lock.Unlock()
		for _, one := range collectors[h] {
			n.metrics.Unregister(one)
		}
		delete(collectors, h)
	}
	if n.clustered() {
		var err error
		if c.Network, err = n.network(); err != nil {
			return nil, err
		}
		c.Heartbeat = n.Engine.Heartbeat
	}
	var err error
	if c.Backups, err = n.backupConfig(); err != nil {
		return nil, err
	}
	engine, err := enginenode.Open(ctx, c)
	var known *failure
	switch {
	case errors.As(err, &known):
		return nil, known
	case err != nil:
		return nil, failed("start", err.Error(), "")
	}
	n.backups.engine.Store(engine)
	n.onStop("engine", func(context.Context) error { return engine.Close() })
	n.onReady("engine", engine.Ready)
	n.metrics.MustRegister(logMetrics(engine.Log()))
	return engine, nil
}

// grpcAddress is where clients reach this node's gateway, "" if it has none.
func (n *node) grpcAddress() string {
	if l := n.listeners[listenGRPC]; l != nil {
		return l.Addr().String()
	}
	return ""
}

// network is how this node and the others reach each other.
func (n *node) network() (*enginenode.Network, error) {
	c := &enginenode.Network{
		ContactPoints: n.Engine.InitialContactPoints, Secret: n.Engine.Secret,
		Listener: n.listeners[listenNode], Advertise: n.Node.Advertise,
		GossipSockets: n.gossip, GossipAdvertise: n.Gossip.Advertise,
	}
	for _, text := range n.Gossip.Keys {
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, failed("start", "gossip.keys: "+err.Error(), "write base64")
		}
		c.GossipKeys = append(c.GossipKeys, key)
	}
	if !n.Node.Security.On() {
		return c, nil
	}
	source, err := certificate.Open(n.Node.Security.Cert, n.Node.Security.Key, n.Node.Security.CA, n.log)
	if err != nil {
		return nil, failed("start", "node.security: "+err.Error(), "")
	}
	n.onStop("certificates of nodes", func(context.Context) error { source.Close(); return nil })
	c.TLS = source
	return c, nil
}

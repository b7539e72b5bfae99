package node

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/payhub/payhub/engine/cluster"
	"github.com/payhub/payhub/engine/cluster/gossip"
	"github.com/payhub/payhub/engine/cluster/link"
	"github.com/payhub/payhub/engine/raftlog"
)

// routing are the settings of the router.
func (n *Node) routing() cluster.Config {
	host, port := splitAddress(n.config.GRPCAddress)
	c := cluster.Config{
		ClusterID: n.config.Cluster.ID, NodeID: n.config.ID, ServerID: string(n.log.ServerID()), Version: n.config.Version,
		ClusterSize: int32(n.config.Cluster.Size), ReplicationFactor: int32(n.config.Cluster.Factor), Host: host, Port: port,
		Partitions: int32(n.config.Cluster.Partitions), MessagePartitions: int32(n.config.Cluster.Partitions), Logger: n.config.Logger,
	}
	if !n.config.single() {
		c.Peers, c.Tell = n.peers, n.tell
		c.Dial = func(ctx context.Context, server string) (net.Conn, error) { return n.link.DialRPC(ctx, server) }
	}
	return c
}

// connect opens the connections to other nodes and joins gossip.
func (n *Node) connect(ctx context.Context) error {
	var secret []byte
	if n.config.Network.Secret != "" {
		secret = []byte(n.config.Network.Secret)
	}
	var err error
	n.link, err = link.Open(link.Config{
		Listener: n.config.Network.Listener, Secret: secret, TLS: n.config.Network.TLS, Logger: n.config.Logger,
		Self: link.Identity{
			ClusterID: n.config.Cluster.ID, Node: n.config.ID, Generation: n.generation(),
			Version: n.config.Version, Format: raftlog.DataFormat(),
		},
		Resolve: n.resolve, Accept: n.accept,
	})
	if err != nil {
		return err
	}
	n.handle()
	n.serving.Add(1)
	go func() {
		defer n.serving.Done()
		if err := n.router.Serve(n.link.RPC()); err != nil && n.ctx.Err() == nil {
			n.config.Fatal(fmt.Errorf("calls of other nodes are not served any more: %w", err))
		}
	}()
	advertise := n.config.Network.Advertise
	if advertise == "" {
		advertise = n.config.Network.Listener.Addr().String()
	}
	talk, err := gossip.Join(ctx, gossip.Config{
		Self: gossip.Member{
			Node: n.config.ID, Generation: n.generation(), Zone: n.config.Zone, Version: n.config.Version,
			ClusterID: n.config.Cluster.ID, NodeAddress: advertise, GRPCAddress: n.config.GRPCAddress,
		},
		Sockets: n.config.Network.GossipSockets, Advertise: n.config.Network.GossipAdvertise, ContactPoints: n.config.Network.ContactPoints,
		Keys: n.config.Network.GossipKeys, PeersFile: filepath.Join(n.config.Data, "peers.json"), Logger: n.config.Logger,
		Changed: n.membersChanged, Fact: n.fact,
	})
	if err != nil {
		return err
	}
	n.talk.Store(talk)
	n.membersChanged()
	return nil
}

// nodes are those that gossip sees now, this one included; none before this node has joined.
func (n *Node) nodes() []gossip.Member {
	if g := n.talk.Load(); g != nil {
		return g.Members()
	}
	return nil
}

// accept refuses nodes that do not belong here; the reason goes to them too.
func (n *Node) accept(peer link.Identity) error {
	if peer.Node == n.config.ID {
		return fmt.Errorf("node %d is this node: each node needs an engine.nodeId of its own", peer.Node)
	}
	if known := raftlog.DataFormat(); peer.Format > known {
		return fmt.Errorf("%s writes data format %d, and %s reads up to %d: upgrade node %d, or take node %d back to the version before",
			peer.ServerID(), peer.Format, n.log.ServerID(), known, n.config.ID, peer.Node)
	}
	c := n.configuration()
	if c == nil {
		return nil
	}
	if slices.Contains(c.Abandoned, peer.ServerID()) {
		return fmt.Errorf("the cluster was recovered without %s: its data must not come back (start it again: it sets its data aside and begins anew)",
			peer.ServerID())
	}
	if m, ok := c.Member(peer.Node); ok && m.Generation != peer.Generation && n.seen(peer.Node, m.Generation) {
		return fmt.Errorf("node %d is up with the disk it is known by: a second process must not use its engine.nodeId", peer.Node)
	}
	return nil
}

// seen tells whether gossip sees a node with a generation now.
func (n *Node) seen(id int32, generation string) bool {
	for _, m := range n.nodes() {
		if m.Node == id && m.Generation == generation {
			return true
		}
	}
	return false
}

// resolve finds the address of a node by its name in Raft: where it was last seen. Gossip may take a
// busy node for dead; whether it answers shows when it is called.
func (n *Node) resolve(server string) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if address, ok := n.addresses[server]; ok {
		return address, nil
	}
	return "", fmt.Errorf("node %s was not seen yet", server)
}

// peers are the other nodes that are alive now.
func (n *Node) peers() []cluster.Peer {
	var list []cluster.Peer
	for _, m := range n.nodes() {
		if m.Node == n.config.ID {
			continue
		}
		host, port := splitAddress(m.GRPCAddress)
		list = append(list, cluster.Peer{ServerID: m.ServerID(), NodeID: m.Node, Host: host, Port: port, Version: m.Version})
	}
	return list
}

func (n *Node) tell(name string, version uint64, body []byte) {
	if g := n.talk.Load(); g != nil {
		g.Tell(name, version, body)
	}
}

// membersChanged is called by gossip when a node came or went.
func (n *Node) membersChanged() {
	n.mu.Lock()
	for _, m := range n.nodes() {
		n.addresses[m.ServerID()] = m.NodeAddress
	}
	n.mu.Unlock()
	n.router.MembersChanged()
}

// fact takes what gossip spreads: the cluster's configuration, or who leads a partition.
func (n *Node) fact(name string, version uint64, body []byte) {
	if name == configurationFact {
		n.heard(version, body)
		return
	}
	if id, ok := strings.CutPrefix(name, "leader."); ok {
		if partition, err := strconv.ParseInt(id, 10, 32); err == nil {
			n.router.Announced(int32(partition), version, string(body))
		}
	}
}

// handler answers a call of another node, from is its server id.
type handler func(ctx context.Context, from string, body []byte) ([]byte, error)

// handlers are what nodes may ask of this one, by name.
func (n *Node) handlers() map[string]handler {
	return map[string]handler{
		backupCreate: n.backups.answerCreate, backupWorking: n.backups.answerWorking,
		manageRebalance: n.rebalanceHere, manageDisk: n.answerDisk,
		manageExporting: n.exportingHere,
		recoverLook:     n.look, recoverAdopt: n.adoptRecovered, recoverStop: n.stopCopy, recoverAlone: n.goOnAlone, recoverForget: n.forgetCopy,
		manageStanding: n.standing, manageRenew: n.coordinator.renew,
		manageChange: n.coordinator.plan, manageCancel: n.coordinator.cancel, manageStatus: n.coordinator.status,
		manageHash: n.hashes, manageDiffers: n.differs,
		manageJoin: n.join, manageLeave: n.leave, manageMembers: n.members,
	}
}

// handle registers what other nodes may ask of this one.
func (n *Node) handle() {
	for name, h := range n.handlers() {
		n.router.Calls().Handle(name, h)
	}
}

// ask calls a node, which may be this one.
func (n *Node) ask(ctx context.Context, server, name string, body []byte) ([]byte, error) {
	if server == string(n.log.ServerID()) {
		return n.handlers()[name](ctx, server, body)
	}
	return n.router.Calls().Call(ctx, server, name, body)
}

func splitAddress(address string) (host string, port int32) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return address, 0
	}
	number, _ := strconv.ParseUint(text, 10, 16) //nolint:errcheck // 0 where it is none
	return host, int32(number)
}

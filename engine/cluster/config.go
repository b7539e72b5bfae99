package cluster

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

// Config describes the node's place in its cluster. Zero values take the defaults named here.
type Config struct {
	ClusterID string
	NodeID    int32
	// ServerID is the node's id with its generation; the node id alone.
	ServerID string
	// Version is the version that Topology says the node has; that of the gateway.
	Version           string
	ClusterSize       int32
	ReplicationFactor int32
	// Host and Port are where clients reach this node.
	Host string
	Port int32
	// Partitions is how many the cluster has, MessagePartitions over how many of them keyed
	// commands are spread; as many as were added.
	Partitions, MessagePartitions int32
	// Peers lists the other nodes that are alive now; none. MembersChanged says that it changed.
	Peers func() []Peer
	// Dial connects to a node's Serve; needed where there are peers.
	Dial func(ctx context.Context, serverID string) (net.Conn, error)
	// Replica tells whether a replica of this node takes part and is healthy; nil: it does and is.
	// MembersChanged says that an answer changed.
	Replica func(partition int32) (active, healthy bool)
	// TopologyChanged is called when Topology may answer otherwise than before. It returns at once and
	// must not call back; nil: nobody is told.
	TopologyChanged func()
	// Tell passes a fact on by gossip: "leader.<partition>" with the term as its version and the
	// leader's server id as its body; nil: nobody is told. The other end is Announced.
	Tell func(name string, version uint64, body []byte)
	// Patience is how long a command that was surely not accepted waits for a leader: 3 s.
	Patience time.Duration
	// MaxUnderWay is how many commands may be under way to one peer: 32,768; MaxUnwritten how
	// many bytes of them may wait for the connection: 16 MiB. More is ErrOverloaded.
	MaxUnderWay, MaxUnwritten int
	// Silence is how long a peer with commands under way may say nothing at all before its
	// connection is given up: 3 s.
	Silence time.Duration
	// Logger gets what an operator should know; slog.Default.
	Logger *slog.Logger
}

// Peer is another node of the cluster.
type Peer struct {
	ServerID string // its id with its generation
	NodeID   int32
	Host     string // where clients reach it
	Port     int32
	Version  string
}

func (c *Config) setDefaults() {
	if c.ServerID == "" {
		c.ServerID = strconv.Itoa(int(c.NodeID))
	}
	if c.Peers == nil {
		c.Peers = func() []Peer { return nil }
	}
	if c.Tell == nil {
		c.Tell = func(string, uint64, []byte) {}
	}
	if c.Patience <= 0 {
		c.Patience = 3 * time.Second
	}
	if c.MaxUnderWay <= 0 {
		c.MaxUnderWay = 32768
	}
	if c.MaxUnwritten <= 0 {
		c.MaxUnwritten = 16 << 20
	}
	if c.Silence <= 0 {
		c.Silence = 3 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
}

// Local is a partition that has a replica on this node, as far as the router needs it;
// *partition.Partition is one. Its errors are those of engine/partition.
type Local interface {
	// Leads tells whether this node decides for the partition now.
	Leads() bool
	// Submit has a command decided and waits for the answer.
	Submit(ctx context.Context, command record.Record) (record.Record, error)
	// Post has a command decided without waiting for it.
	Post(command record.Record)
	// Query calls ask with the machine when everything decided so far is committed.
	Query(ctx context.Context, ask func(partition.Machine)) error
	// OpenStream registers a worker that jobs are pushed to.
	OpenStream(request StreamRequest) (*partition.Stream, error)
	// Stats are figures of the partition.
	Stats() partition.Stats
}

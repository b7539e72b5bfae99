// Package node is one node of a cluster: its log, its connections to other nodes, and the
// partitions it holds, opened and closed as the cluster's configuration says.
package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/payhub/payhub/engine/cluster"
	"github.com/payhub/payhub/engine/cluster/gossip"
	"github.com/payhub/payhub/engine/cluster/link"
	"github.com/payhub/payhub/engine/cluster/placement"
	"github.com/payhub/payhub/engine/raftlog"
	"github.com/payhub/payhub/internal/certificate"
)

// Config are the settings of a node. Zero values take the defaults named at each field.
type Config struct {
	// Data is the folder of log, state and the node's copy of the configuration.
	Data string
	// ID is the node's number in the cluster, Zone where it stands, Version the program's.
	ID            int32
	Zone, Version string
	// Cluster is the cluster that is formed at the first start.
	Cluster Cluster
	// Network is how other nodes are reached; nil: the node is alone for good.
	Network *Network
	// GRPCAddress is where clients reach this node's gateway.
	GRPCAddress string

	// Heartbeat is how long a follower waits for the leader before it asks for votes; 300 ms.
	Heartbeat time.Duration
	// HandBackAfter is how long a partition rests with a leader that should not lead, before it is handed
	// to the one that should: a node that comes and goes must not take leadership along; 15 s.
	HandBackAfter time.Duration
	// FlushInterval and SnapshotInterval are those of the state; 1 s and 5 min.
	FlushInterval, SnapshotInterval time.Duration
	// MinFree is the space on the disk in bytes below which new work is refused; 256 MiB.
	MinFree uint64
	// IdempotencyRetention is how long an idempotency key is kept after its instance has ended; 90 days.
	IdempotencyRetention time.Duration
	// Exporters gives what runs at the leader of each partition; it is called once, when the data
	// folder is surely this process's own. nil: nobody exports.
	Exporters func() ([]Exporter, error)
	// Backups says where backups go.
	Backups BackupConfig
	// Opened is told of each partition that this node opens, Closed of each it closes.
	Opened func(*Hosted)
	Closed func(*Hosted)
	// Fatal is called with the first error after which nothing may be acknowledged any more.
	Fatal func(error)
	// Logger gets what an operator should know; RaftLogger what raft says.
	Logger     *slog.Logger
	RaftLogger hclog.Logger
}

// Cluster describes a cluster as it is formed: its name, how many nodes and partitions it has, and
// how many nodes hold each partition.
type Cluster struct {
	ID                       string
	Size, Partitions, Factor int
}

// Network is how a node and the others reach each other.
type Network struct {
	// ContactPoints are gossip addresses of nodes to join.
	ContactPoints []string
	// Listener takes connections of other nodes; Advertise is where they reach it, "" the bound address.
	Listener  net.Listener
	Advertise string
	// GossipSockets are those of gossip, GossipAdvertise is where others reach them, "" the bound address.
	GossipSockets   *gossip.Sockets
	GossipAdvertise string
	// TLS proves nodes to each other; nil: plain connections. Secret does without certificates.
	TLS    *certificate.Source
	Secret string
	// GossipKeys encrypt gossip, the first is used to send; none: plain.
	GossipKeys [][]byte
}

// single tells whether the node is alone for good.
func (c *Config) single() bool { return c.Network == nil }

// Node is one node of a cluster. All methods may be called from many goroutines at once.
type Node struct {
	config      Config
	log         *raftlog.Node
	exporters   []Exporter
	router      *cluster.Router
	link        *link.Link // nil where the node is alone for good
	coordinator *coordinator
	backups     *Backups

	talk         atomic.Pointer[gossip.Gossip] // nil until this node has joined
	current      atomic.Pointer[placement.Configuration]
	adopting     sync.Mutex
	reconfigured chan struct{}
	rescue       rescue

	mu        sync.Mutex
	hosted    map[int32]*Hosted
	pauses    pauses
	addresses map[string]string // of nodes by server id, as last seen

	ctx     context.Context // ends with Close
	end     context.CancelFunc
	tasks   sync.WaitGroup // what changes the node until ctx ends
	serving sync.WaitGroup // what other nodes are answered by, until the link is closed
}

// Open starts the node. It returns when the node belongs to a cluster and its partitions are open,
// which waits for the other nodes at the first start only, or with the context's error.
func Open(ctx context.Context, config Config) (*Node, error) {
	n := &Node{config: config, reconfigured: make(chan struct{}, 1), hosted: map[int32]*Hosted{}, rescue: rescue{held: map[int32]bool{}}, addresses: map[string]string{}}
	n.ctx, n.end = context.WithCancel(context.Background())
	n.coordinator, n.backups = newCoordinator(n), newBackups(n)
	if err := n.start(ctx); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// start does what Open promises; what it leaves open at an error Close closes.
func (n *Node) start(ctx context.Context) (err error) {
	if err := n.openLog(); err != nil {
		return err
	}
	if n.config.Exporters != nil {
		if n.exporters, err = n.config.Exporters(); err != nil {
			return err
		}
	}
	if n.pauses, err = readPauses(n.config.Data); err != nil {
		return err
	}
	if err := n.readRestored(); err != nil {
		return err
	}
	if err := n.backups.clean(); err != nil {
		return err
	}
	n.router = cluster.NewRouter(n.routing())
	if !n.config.single() {
		if err := n.connect(ctx); err != nil {
			return err
		}
	}
	if c := n.configuration(); c != nil {
		if err := n.checkSettings(c); err != nil {
			return err
		}
		n.spread(c)
	}
	if err := n.form(ctx); err != nil {
		return err
	}
	if err := n.reconcile(); err != nil {
		return err
	}
	n.tasks.Add(1)
	go n.follow()
	if b := n.config.Backups; b.Store != nil && b.Interval > 0 {
		n.tasks.Add(1)
		go n.backups.run()
	}
	if n.config.single() {
		return n.awaitLeadership(ctx)
	}
	n.tasks.Add(5)
	go n.compare()
	go n.watchDisk()
	go n.align()
	go n.coordinator.run()
	go n.balance()
	return nil
}

// awaitLeadership waits until a node that is alone leads all its partitions, which is a matter of
// milliseconds: nobody who calls it should find it without a leader.
func (n *Node) awaitLeadership(ctx context.Context) error {
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for _, h := range n.Hosted() {
		for !h.Partition.Leads() {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-poll.C:
			}
		}
	}
	return nil
}

// checkSettings refuses settings that contradict the cluster there is.
func (n *Node) checkSettings(c *placement.Configuration) error {
	if p := n.config.Cluster.Partitions; p != int(c.MessagePartitions) && p != len(c.Partitions) {
		return fmt.Errorf("engine.partitions is %d, but the cluster has %d (set engine.partitions to that; "+
			"partitions are added with payhub cluster scale --partitions)", p, len(c.Partitions))
	}
	return nil
}

// Router takes commands to the cluster's partitions.
func (n *Node) Router() *cluster.Router { return n.router }

// Log is the node's log.
func (n *Node) Log() *raftlog.Log { return n.log.Log() }

// Configuration is the cluster's configuration as this node knows it.
func (n *Node) Configuration() *placement.Configuration { return n.configuration() }

func (n *Node) exporterIDs() []string {
	ids := make([]string, 0, len(n.exporters))
	for _, e := range n.exporters {
		ids = append(ids, e.ID)
	}
	return ids
}

// Close ends the node: leadership goes to others where there are any, then everything is closed.
func (n *Node) Close() error {
	n.end()
	n.tasks.Wait()
	n.handOver()
	var errs []error
	if g := n.talk.Load(); g != nil {
		errs = append(errs, n.sayGoodbye(g))
	}
	if n.router != nil {
		n.router.Close() // before the partitions: what did not reach its worker goes back to them
	}
	for _, h := range n.Hosted() {
		errs = append(errs, n.closePartition(h))
	}
	n.backups.close()
	if n.link != nil {
		errs = append(errs, n.link.Close())
	}
	n.serving.Wait()
	if n.log != nil {
		errs = append(errs, n.log.Close())
	}
	return errors.Join(errs...)
}

// goodbye bounds the time that telling others of this node's end may take.
const goodbye = time.Second

// sayGoodbye tells other nodes that this one ends, so that they need not find out.
func (n *Node) sayGoodbye(g *gossip.Gossip) error {
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	if err := g.Leave(ctx); err != nil {
		n.config.Logger.Info("other nodes could not be told of this node's end", "error", err)
	}
	return g.Close()
}

// generation names this node's disk.
func (n *Node) generation() string {
	_, generation, _ := strings.Cut(string(n.log.ServerID()), "-")
	return generation
}

// Package gossip finds the nodes of a cluster and carries small facts between them, over
// hashicorp/memberlist: who is alive, under which addresses, and what was last said under a name. What
// it says is a hint that is soon right everywhere; what must not be wrong lies in a partition's log.
package gossip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

// Config says who this node is and whom it may find.
type Config struct {
	Self Member
	// Sockets are those of a listener that is bound already; nil: Listen (host:port) is bound. Join
	// takes them over and closes them, also when it fails.
	Sockets *Sockets
	Listen  string
	// Advertise is the address that others are told, host:port; "": the one that is bound. A name is
	// resolved when the node starts.
	Advertise string
	// ContactPoints are addresses of nodes to begin with, host:port; this node may be among them.
	ContactPoints []string
	// Keys encrypt all that is said; each has 16, 24 or 32 bytes. The first one encrypts, all of them
	// decrypt. None: nothing is encrypted.
	Keys [][]byte
	// PeersFile keeps the addresses of all nodes that were seen, for the next start; "": none.
	PeersFile string
	// Accept is asked whether a node may be a member; the reason of a refusal goes to that node, too.
	// It must not block, and may call Members and Known only. nil: everyone of the cluster may.
	Accept func(Member) error
	// Changed is called after the members have changed, Fact after a fact that another node told was
	// new. They are called one after the other, never at the same time; a quick sequence of changes may
	// be one call.
	Changed func()
	Fact    func(name string, version uint64, body []byte)
	Logger  *slog.Logger
}

// How quickly members and facts travel. A node that is gone is suspected when a probe goes without an
// answer for probeInterval, and dead when it has not objected for three to six of them; with fewer
// than ten nodes that is about 1 to 2 s in all. The tests of this package print figures.
const (
	probeInterval  = 300 * time.Millisecond
	probeTimeout   = 150 * time.Millisecond
	suspicion      = 3
	suspicionMax   = 2
	gossipInterval = 20 * time.Millisecond
	gossipNodes    = 3
	// retransmits is how often a node passes a message on, in packets to gossipNodes others each. With 4
	// (the library's default), one in 200 misses one of five nodes until the next exchange.
	retransmits = 12
	// exchangeInterval is how often two nodes compare everything they know.
	exchangeInterval = 5 * time.Second
	// forgetAfter is how long the dead are still told what goes on, should they be alive after all.
	forgetAfter   = 30 * time.Second
	streamTimeout = 3 * time.Second
	// maxBroadcast is the largest fact that fits into a packet; larger ones go over TCP to each node.
	maxBroadcast = 1200
	// tellers is how many nodes get a large fact at the same time.
	tellers = 8
)

// Gossip is this node among the others.
type Gossip struct {
	config Config
	log    *limited
	list   *memberlist.Memberlist
	keys   *memberlist.Keyring
	queue  memberlist.TransmitLimitedQueue
	facts  facts
	own    netip.AddrPort // where others reach this node

	mu    sync.Mutex
	self  Member
	meta  []byte
	peers map[string]peer // by server id; alive now, without this node
	news  []string        // names of facts not yet given to Config.Fact, in the order they came
	// moved: the members have changed since Config.Changed was called.
	moved    bool
	refusals []refusal // to be sent
	refused  refusedBy
	leaving  bool

	work    background
	tellers chan struct{} // one place for each large fact on its way
}

// background is what runs from Join to Close.
type background struct {
	wakeCallbacks, wakeTend chan struct{}
	context                 context.Context
	stop                    context.CancelFunc
	running                 sync.WaitGroup
	closing                 sync.Once
}

// peer is another node, with the address at which memberlist reaches it.
type peer struct {
	Member
	address netip.AddrPort
}

func (p peer) node() *memberlist.Node {
	return &memberlist.Node{Name: p.ServerID(), Addr: p.address.Addr().AsSlice(), Port: p.address.Port(), PMax: memberlist.ProtocolVersionMax}
}

// Join starts the gossip of this node. It does not wait for others: finding them, and finding them
// again, goes on in the background until Close. ctx is for the start alone.
func Join(ctx context.Context, config Config) (*Gossip, error) {
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	sockets := config.Sockets
	if sockets == nil {
		var err error
		if sockets, err = Bind(config.Listen); err != nil {
			return nil, err
		}
	}
	g, err := join(ctx, config, sockets)
	if err != nil {
		return nil, errors.Join(err, ignoreClosed(sockets.Close()))
	}
	return g, nil
}

func join(ctx context.Context, config Config, sockets *Sockets) (*Gossip, error) {
	g := &Gossip{
		config: config, log: newLimited(config.Logger), self: config.Self, peers: map[string]peer{},
		work:    background{wakeCallbacks: make(chan struct{}, 1), wakeTend: make(chan struct{}, 1)},
		tellers: make(chan struct{}, tellers),
	}
	if g.self.Node < 0 || g.self.Generation == "" {
		return nil, fmt.Errorf("gossip: node %d of generation %q: a node has an id from 0 and a generation", g.self.Node, g.self.Generation)
	}
	advertise, err := g.advertised(ctx, sockets)
	if err != nil {
		return nil, err
	}
	if g.meta, err = g.self.encode(); err != nil {
		return nil, err
	}
	if g.keys, err = newKeyring(config.Keys); err != nil {
		return nil, err
	}
	g.own = advertise
	g.queue.NumNodes, g.queue.RetransmitMult = g.count, retransmits
	known := readPeers(config.PeersFile, g.log)
	g.work.context, g.work.stop = context.WithCancel(context.Background())
	if g.list, err = memberlist.Create(g.memberlist(newTransport(sockets, advertise))); err != nil {
		g.work.stop()
		return nil, fmt.Errorf("gossip: %w", err)
	}
	g.work.running.Go(g.callbacks)
	g.work.running.Go(func() { g.tend(known) })
	return g, nil
}

// advertised resolves the address that others are told, and enters it into what this node says.
func (g *Gossip) advertised(ctx context.Context, sockets *Sockets) (netip.AddrPort, error) {
	address := cmp.Or(g.config.Advertise, g.self.GossipAddress, sockets.Addr())
	all, err := resolve(ctx, address)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("gossip cannot advertise: %w", err)
	}
	own := all[0]
	if own.Addr().IsUnspecified() {
		return netip.AddrPort{}, fmt.Errorf("gossip listens on every address (%s): say at which one others reach it (--gossip-advertise)", address)
	}
	g.self.GossipAddress = address
	return own, nil
}

// memberlist is the configuration of the library.
func (g *Gossip) memberlist(t *transport) *memberlist.Config {
	c := memberlist.DefaultLANConfig()
	c.Name = g.self.ServerID()
	c.Transport = t
	c.Logger = g.log.standard()
	c.Keyring = g.keys
	c.EnableCompression = false
	c.Delegate, c.Events, c.Alive, c.Merge, c.Conflict = delegate{g}, delegate{g}, delegate{g}, delegate{g}, delegate{g}
	c.ProbeInterval, c.ProbeTimeout = probeInterval, probeTimeout
	c.SuspicionMult, c.SuspicionMaxTimeoutMult = suspicion, suspicionMax
	c.GossipInterval, c.GossipNodes, c.RetransmitMult = gossipInterval, gossipNodes, retransmits
	c.PushPullInterval, c.GossipToTheDeadTime = exchangeInterval, forgetAfter
	c.TCPTimeout = streamTimeout
	// A node that was restarted elsewhere takes over its name as soon as the old process is dead.
	c.DeadNodeReclaimTime = time.Millisecond
	return c
}

// Members are the nodes alive now as far as this node knows, itself included, by node id.
func (g *Gossip) Members() []Member {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := []Member{g.self}
	for _, p := range g.peers {
		all = append(all, p.Member)
	}
	slices.SortFunc(all, func(a, b Member) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Generation, b.Generation))
	})
	return all
}

// Addr is the address that others are told.
func (g *Gossip) Addr() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.self.GossipAddress
}

// count is how many nodes are alive, this one included.
func (g *Gossip) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.peers) + 1
}

// Tell makes a fact known to every node, now and whenever one joins: the newest version of a name wins
// everywhere, an older one is passed over. It is kept as long as any node lives, so the number of
// names must be bounded. A fact that breaks the bounds (name 256 bytes, body 4 MiB, 12 MiB in all) is
// logged and not told.
func (g *Gossip) Tell(name string, version uint64, body []byte) {
	news, err := g.facts.merge(name, fact{version, body})
	if err != nil {
		g.log.Error("gossip: a fact was not told", "error", err)
		return
	}
	if news {
		g.spread(name, true)
	}
}

// Known is the newest version of a fact; 0 and nil: no one has told it yet. The body is shared: it
// must not be changed.
func (g *Gossip) Known(name string) (version uint64, body []byte) {
	f, _ := g.facts.get(name)
	return f.version, f.body
}

// spread sends a fact to the others: a small one by gossip; a large one that this node tells itself
// goes to each of them over TCP, and to those that this misses with the next exchange.
func (g *Gossip) spread(name string, own bool) {
	f, _ := g.facts.get(name)
	message := appendFact(appendString([]byte{factMessage}, g.cluster()), name, f)
	if len(message) <= maxBroadcast {
		g.queue.QueueBroadcast(&factBroadcast{name: name, message: message})
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !own || g.leaving {
		return
	}
	for _, p := range g.peers {
		g.work.running.Go(func() {
			select {
			case g.tellers <- struct{}{}:
			case <-g.work.context.Done():
				return
			}
			defer func() { <-g.tellers }()
			if now, _ := g.facts.get(name); now.version != f.version {
				return // a newer one is on its way
			}
			if err := g.list.SendReliable(p.node(), message); err != nil {
				g.log.Debug("gossip: a fact goes with the next exchange", "fact", name, "to", p.String(), "error", err)
			}
		})
	}
}

// Update changes what this node says of itself. Node id and generation stay, and so does the address
// of the gossip. It waits until another node has heard it, or ctx ends.
func (g *Gossip) Update(ctx context.Context, self Member) error {
	g.mu.Lock()
	if self.ServerID() != g.self.ServerID() {
		g.mu.Unlock()
		return fmt.Errorf("gossip: node %s cannot become %s while it runs", g.self.ServerID(), self.ServerID())
	}
	self.GossipAddress = g.self.GossipAddress
	meta, err := self.encode()
	if err == nil {
		g.self, g.meta = self, meta
	}
	g.mu.Unlock()
	if err != nil {
		return err
	}
	g.changed()
	if err := g.list.UpdateNode(remaining(ctx)); err != nil {
		return fmt.Errorf("gossip: no node has heard the change yet: %w", err)
	}
	return nil
}

// Leave tells the others that this node goes, so that they need not find out, and looks for no one any
// more. Close ends it.
func (g *Gossip) Leave(ctx context.Context) error {
	g.mu.Lock()
	g.leaving = true
	g.mu.Unlock()
	if err := g.list.Leave(remaining(ctx)); err != nil {
		return fmt.Errorf("gossip: no node has heard that this one leaves: %w", err)
	}
	return nil
}

// remaining is the time until a context ends; 2 s when it has no end.
func remaining(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 2 * time.Second
	}
	return max(time.Until(deadline), time.Millisecond)
}

// Close ends the gossip of this node and closes its sockets. No callback runs after it; it must not be
// called from one.
func (g *Gossip) Close() error {
	var err error
	g.work.closing.Do(func() {
		g.mu.Lock()
		g.leaving = true
		g.mu.Unlock()
		g.work.stop()
		err = g.list.Shutdown()
		g.work.running.Wait()
	})
	return err
}

// callbacks calls Config.Changed and Config.Fact, and sends refusals, outside of every lock.
func (g *Gossip) callbacks() {
	for {
		select {
		case <-g.work.context.Done():
			return
		case <-g.work.wakeCallbacks:
		}
		g.mu.Lock()
		moved, news, refusals := g.moved, g.news, g.refusals
		g.moved, g.news, g.refusals = false, nil, nil
		g.mu.Unlock()
		if moved && g.config.Changed != nil {
			g.config.Changed()
		}
		for _, name := range news {
			if f, ok := g.facts.get(name); ok && g.config.Fact != nil {
				g.config.Fact(name, f.version, f.body)
			}
		}
		for _, r := range refusals {
			g.refuse(r)
		}
	}
}

// changed notes that the members are others now.
func (g *Gossip) changed() {
	g.mu.Lock()
	g.moved = true
	g.mu.Unlock()
	wake(g.work.wakeCallbacks)
	wake(g.work.wakeTend)
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func ignoreClosed(err error) error {
	if errors.Is(err, errClosed) {
		return nil
	}
	return err
}

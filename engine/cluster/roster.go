package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/payhub/payhub/engine/nodepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// roster keeps the connections to other nodes and what they say of themselves.
type roster struct {
	r     *Router
	start int64 // of this process, ns since the epoch

	mu       sync.Mutex
	sequence uint64                       // of changes of this node's own state
	peers    map[string]*peer             // connections, by server id
	alive    map[string]bool              // those that Config.Peers lists
	states   map[string]*nodepb.NodeState // what they last said of themselves
	servings map[*serving]bool            // the lanes that end here
	server   *grpc.Server
	closed   bool
}

func newRoster(r *Router) *roster {
	return &roster{
		r: r, start: time.Now().UnixNano(), peers: map[string]*peer{}, alive: map[string]bool{},
		states: map[string]*nodepb.NodeState{}, servings: map[*serving]bool{},
	}
}

// peer is the connection to one other node.
type peer struct {
	server string
	conn   *grpc.ClientConn
	client nodepb.NodeClient
	lane   atomic.Pointer[lane]
	tell   chan struct{} // this node's state has changed
	stop   context.CancelFunc

	telling  bool // its teller runs
	receipts receipts
}

// restTime is how long a peer is left alone after its connection failed.
const restTime = 20 * time.Millisecond

const (
	// window is how much a peer may send before it has been read, per call and per connection.
	window = 4 << 20
	// maxFrame bounds what is read as one message: a full buffer and one more command.
	maxFrame = 256 << 20
	// identityKey names the caller in a call's metadata.
	identityKey = "payhub-server-id"
	// laneKey and previousKey name a lane, and what the one before it had got.
	laneKey, previousKey = "payhub-lane", "payhub-lane-before"
)

// errClosed is why nothing is sent any more.
var errClosed = errors.New("this node is shutting down")

// peer finds the connection to a node, or makes one; it connects when it is used.
func (o *roster) peer(server string) (*peer, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if p := o.peers[server]; p != nil {
		return p, nil
	}
	if o.closed {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, errClosed)
	}
	if o.r.config.Dial == nil {
		return nil, fmt.Errorf("%w: this node has no way to reach node %s (Config.Dial is not set)", ErrUnavailable, server)
	}
	conn, err := grpc.NewClient("passthrough:///"+server,
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return o.r.config.Dial(ctx, server) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()), // the connection itself has proven who is there
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: restTime, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
			MinConnectTimeout: time.Second,
		}),
		grpc.WithStaticStreamWindowSize(window), grpc.WithStaticConnWindowSize(4*window),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxFrame), grpc.MaxCallSendMsgSize(maxFrame)))
	if err != nil {
		return nil, fmt.Errorf("%w: node %s: %w", ErrUnavailable, server, err)
	}
	p := &peer{server: server, conn: conn, client: nodepb.NewNodeClient(conn), tell: make(chan struct{}, 1), stop: func() {}}
	o.peers[server] = p
	return p, nil
}

// lane is the way for commands to a node; ErrUnavailable right after it was lost.
func (o *roster) lane(server string) (*lane, error) {
	p, err := o.peer(server)
	if err != nil {
		return nil, err
	}
	if l := p.lane.Load(); l != nil && !l.over() {
		return l, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch l := p.lane.Load(); {
	case l == nil:
	case !l.over():
		return l, nil
	case time.Since(l.endedAt) < restTime:
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, l.ended)
	}
	if o.closed {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, errClosed)
	}
	before := ""
	if old := p.lane.Load(); old != nil {
		before = old.legacy()
	}
	l := openLane(o.r, server, p.client, before, &p.receipts)
	p.lane.Store(l)
	return l, nil
}

// wake lets the lane to a server look for something to say, if there is one.
func (o *roster) wake(server string) {
	o.mu.Lock()
	p := o.peers[server]
	o.mu.Unlock()
	if p == nil {
		return
	}
	if l := p.lane.Load(); l != nil {
		l.wakeUp()
	}
}

// abandon ends what is under way to a server for a partition that another leads now, when it has had
// time to answer: it may have committed the command before.
func (o *roster) abandon(server string, partition int32) {
	o.mu.Lock()
	p := o.peers[server]
	o.mu.Unlock()
	if p == nil {
		return
	}
	if l := p.lane.Load(); l != nil {
		through := l.lastNumber()
		time.AfterFunc(abandonAfter, func() { l.abandon(partition, through) })
	}
}

// reachable tells whether commands to a node have a chance: it is alive, and its connection was not
// lost just now.
func (o *roster) reachable(server string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.alive[server] {
		return false
	}
	p := o.peers[server]
	if p == nil {
		return true
	}
	l := p.lane.Load()
	return l == nil || !l.over() || time.Since(l.endedAt) >= restTime
}

// changed sees to it that every peer alive is told what this node is now.
func (o *roster) changed() {
	o.mu.Lock()
	o.sequence++
	sequence := o.sequence
	o.mu.Unlock()
	peers := o.r.config.Peers() // may call for locks of its own
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || sequence != o.sequence {
		return // a later change has newer peers
	}
	alive := map[string]bool{}
	for _, p := range peers {
		if p.ServerID != o.r.config.ServerID {
			alive[p.ServerID] = true
		}
	}
	o.alive = alive
	o.forgetLocked()
	if len(alive) > 0 {
		o.r.spawn(func() { o.tellAll(alive) })
	}
}

// forgetLocked lets go of connections to nodes that are gone, once nothing is under way on them.
func (o *roster) forgetLocked() {
	for server, p := range o.peers {
		if o.alive[server] || p.busy() {
			continue
		}
		delete(o.peers, server)
		p.close()
	}
	for server := range o.states {
		if !o.alive[server] {
			delete(o.states, server)
		}
	}
}

// tellAll wakes the teller of every peer alive, and starts those that are missing.
func (o *roster) tellAll(alive map[string]bool) {
	for server := range alive {
		p, err := o.peer(server)
		if err != nil {
			continue // there is no way to it, or this is the end
		}
		o.mu.Lock()
		if o.alive[server] && o.peers[server] == p && !o.closed {
			o.startTeller(p)
		}
		o.mu.Unlock()
		select {
		case p.tell <- struct{}{}:
		default:
		}
	}
}

// renew gives up a connection that is dead without being closed: who needs the node connects anew.
func (o *roster) renew(server string) {
	o.mu.Lock()
	p := o.peers[server]
	delete(o.peers, server)
	o.mu.Unlock()
	if p != nil {
		p.close()
		o.changed()
	}
}

func (p *peer) busy() bool {
	l := p.lane.Load()
	return l != nil && !l.over() && l.busy()
}

func (p *peer) close() {
	p.stop()
	if l := p.lane.Load(); l != nil {
		l.cancel()
	}
	p.conn.Close()
}

// living lists the peers that are alive.
func (o *roster) living() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Collect(maps.Keys(o.alive))
}

// introduced says in a call's metadata who calls.
func (o *roster) introduced(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, identityKey, o.r.config.ServerID)
}

// introducedAs is the server id of the caller.
func introducedAs(ctx context.Context) (string, error) {
	values := metadata.ValueFromIncomingContext(ctx, identityKey)
	if len(values) != 1 || values[0] == "" {
		return "", status.Errorf(codes.InvalidArgument, "the caller does not say who it is (metadata %s)", identityKey)
	}
	return values[0], nil
}

// service answers the calls of other nodes.
type service struct {
	nodepb.UnimplementedNodeServer
	r *Router
}

// serve answers calls until close.
func (o *roster) serve(listener net.Listener) error {
	o.mu.Lock()
	if o.closed {
		o.mu.Unlock()
		return errClosed
	}
	if o.server == nil {
		o.server = grpc.NewServer(
			grpc.WaitForHandlers(true), grpc.MaxRecvMsgSize(maxFrame), grpc.MaxSendMsgSize(maxFrame),
			grpc.StaticStreamWindowSize(window), grpc.StaticConnWindowSize(4*window))
		nodepb.RegisterNodeServer(o.server, &service{r: o.r})
	}
	server := o.server
	o.mu.Unlock()
	return server.Serve(listener)
}

// serves keeps a lane that ends here, to send notices on.
func (o *roster) serves(v *serving) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.servings[v] = true
}

func (o *roster) servesNoMore(v *serving) {
	o.mu.Lock()
	delete(o.servings, v)
	o.mu.Unlock()
	o.r.notices.gone(v)
}

// close ends all connections.
func (o *roster) close() {
	o.mu.Lock()
	o.closed = true
	peers, server := o.peers, o.server
	o.peers = map[string]*peer{}
	o.mu.Unlock()
	for _, p := range peers {
		p.close()
	}
	if server != nil {
		server.Stop()
	}
}

// Package link is the way between the nodes of a cluster: one TCP listener, many connections.
//
// Each connection begins with a handshake that says who calls, of which cluster, whom it wants and
// what for: Raft of a partition, calls (gRPC), or a probe. The other side accepts and says who it
// is, or refuses with a reason; both sides log one line about a refusal. With a certificate.Source
// everything runs in TLS 1.3 with both sides verified; with a secret each side proves that it knows
// it without showing it. The secret keeps out strangers and mistakes, it does not hide or protect
// what is sent afterwards: in a network that others share, use certificates.
//
// A node is called by its server id. Where it is reached is asked for every connection, and a
// connection is only given out when the node at the other end is exactly the one that was called.
package link

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/internal/certificate"
)

// Config is what a link needs.
type Config struct {
	// Listener is where other nodes reach this one; the link closes it.
	Listener net.Listener
	// Self is this node.
	Self Identity
	// Secret is shared by all nodes of the cluster and proves membership; empty: none.
	Secret []byte
	// TLS holds this node's certificate and the authorities of the nodes; nil: no TLS.
	TLS *certificate.Source
	// Resolve tells where a node is reached now, as host:port. It is asked for every connection.
	Resolve func(serverID string) (address string, err error)
	// Accept is asked about every node that calls and that was called, after the handshake's own
	// checks; its error is the reason that both sides log. nil accepts.
	Accept func(Identity) error
	// Logger gets refusals (each peer's at most once a minute while they stay the same) and, as debug
	// lines, connections. nil: none.
	Logger *slog.Logger
	// HandshakeTimeout bounds a handshake; 0: 5 s.
	HandshakeTimeout time.Duration
	// MaxPending bounds how many callers may be in the handshake at once; 0: 256. One more ends the
	// handshake that has taken longest, of the host that has most of them.
	MaxPending int
}

// maxPerPeer bounds the connections that one node may have open to one stream. One more ends the
// oldest: it is most likely half open, left behind by a network that was cut.
const maxPerPeer = 128

// backlog is how many connections wait for Accept of one stream.
const backlog = 128

// Link is this node's end of all connections between nodes. It is safe for use by several
// goroutines.
type Link struct {
	config  Config
	self    process
	log     *slog.Logger
	notices notices
	pending *pending
	context context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup

	accepted, refused, failed atomic.Int64

	mu      sync.Mutex
	closed  bool
	streams map[route]*stream
	conns   map[*Conn]struct{}
	opened  int64 // numbers connections, for their age
}

// Open begins to listen. The error says which part of the configuration cannot work.
func Open(config Config) (*Link, error) {
	if config.Listener == nil || config.Resolve == nil {
		return nil, errors.New("link: a listener and a way to find other nodes are needed")
	}
	if err := config.Self.check(); err != nil {
		return nil, fmt.Errorf("link: this node cannot be called by others: %w", err)
	}
	if config.TLS != nil {
		if err := config.TLS.CheckMutual(); err != nil {
			return nil, fmt.Errorf("link: %w", err)
		}
		if reason := bound(config.TLS.DNSNames(), config.Self); reason != "" {
			return nil, fmt.Errorf("link: peers would refuse this node: %s", reason)
		}
	}
	if config.HandshakeTimeout == 0 {
		config.HandshakeTimeout = 5 * time.Second
	}
	if config.MaxPending == 0 {
		config.MaxPending = 256
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	l := &Link{
		config: config, self: process{Identity: config.Self}, log: config.Logger,
		notices: notices{said: map[string]*notice{}}, pending: &pending{limit: config.MaxPending},
		streams: map[route]*stream{}, conns: map[*Conn]struct{}{},
	}
	if _, err := rand.Read(l.self.instance[:]); err != nil {
		return nil, fmt.Errorf("link: no random bytes: %w", err)
	}
	l.context, l.cancel = context.WithCancel(context.Background())
	l.running.Go(l.listen)
	return l, nil
}

// Raft gives the connections of a partition's Raft group, for raft.NetworkTransport: Addr is this
// node's server id, and so are the addresses that Dial takes. While the partition is open it is the
// same value every time; before that, and after it was closed, peers are told that the partition is
// not open here. Closing it, as the transport does, is CloseRaft.
func (l *Link) Raft(partition uint16) raft.StreamLayer {
	return l.open(route{purposeRaft, partition})
}

// CloseRaft ends every connection of a partition, those that the transport still pools too. It may
// be opened again.
func (l *Link) CloseRaft(partition uint16) {
	l.mu.Lock()
	s := l.streams[route{purposeRaft, partition}]
	l.mu.Unlock()
	if s != nil {
		_ = s.Close()
	}
}

// RPC gives the calls of other nodes, for grpc.Server. The connections are already encrypted and
// their callers known when TLS is on: serve them with insecure credentials. Closing it refuses new
// connections and leaves those that were accepted to their server.
func (l *Link) RPC() net.Listener { return l.open(route{purpose: purposeRPC}) }

// DialRPC connects to a node for calls. The error is a *RefusedError when the handshake was refused.
func (l *Link) DialRPC(ctx context.Context, serverID string) (net.Conn, error) {
	return l.dial(ctx, serverID, route{purpose: purposeRPC}, nil)
}

// Probe asks who is at an address. With a *RefusedError the identity is that of the node that
// refused, if it said so: it says so to whom knows the secret or bears a certificate.
func (l *Link) Probe(ctx context.Context, address string) (Identity, error) {
	conn, peer, err := l.connect(ctx, address, hello{route: route{purpose: purposeProbe}})
	if err != nil {
		return peer, err
	}
	return peer, conn.Close()
}

// Stats are figures for metrics.
type Stats struct {
	// Open counts connections after their handshake, in both directions.
	Open int
	// Pending counts callers in the handshake.
	Pending int
	// Accepted, Refused and Failed count handshakes of callers since Open, by how they ended: given
	// to a stream, refused by one side with a reason, ended otherwise (time, garbage, TLS).
	Accepted, Refused, Failed int64
}

// Stats counts.
func (l *Link) Stats() Stats {
	l.mu.Lock()
	open := len(l.conns)
	l.mu.Unlock()
	return Stats{Open: open, Pending: l.pending.count(), Accepted: l.accepted.Load(), Refused: l.refused.Load(), Failed: l.failed.Load()}
}

// Close ends the listener, every stream and every connection, and returns when nothing of the link
// runs any more.
func (l *Link) Close() error {
	l.mu.Lock()
	l.closed = true
	streams := l.streams
	l.streams = map[route]*stream{}
	l.mu.Unlock()
	err := l.config.Listener.Close()
	l.cancel()
	for _, s := range streams {
		s.end()
	}
	l.pending.end()
	for _, c := range l.list() {
		_ = c.Close()
	}
	l.running.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// list copies the open connections.
func (l *Link) list() []*Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.conns))
}

package link

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// stream is the connections of one purpose: Raft of a partition, or calls. It is a net.Listener
// and, for Raft, a raft.StreamLayer.
type stream struct {
	link    *Link
	route   route
	queue   chan *Conn
	context context.Context
	cancel  context.CancelFunc
}

// open gives the stream of a route; that of a closed link is closed.
func (l *Link) open(r route) *stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.streams[r]; s != nil {
		return s
	}
	s := &stream{link: l, route: r, queue: make(chan *Conn, backlog)}
	s.context, s.cancel = context.WithCancel(l.context)
	if l.closed {
		s.cancel()
	} else {
		l.streams[r] = s
	}
	return s
}

// Accept waits for the next connection. After Close the error is net.ErrClosed.
func (s *stream) Accept() (net.Conn, error) {
	select {
	case <-s.context.Done():
		return nil, net.ErrClosed
	default:
	}
	select {
	case c := <-s.queue:
		return c, nil
	case <-s.context.Done():
		return nil, net.ErrClosed
	}
}

// Addr is this node's server id.
func (s *stream) Addr() net.Addr { return Addr{Node: s.link.self.Identity} }

// Dial connects to the node with a server id. The error is a *RefusedError when the handshake was
// refused.
func (s *stream) Dial(serverID raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	ctx := s.context
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	return s.link.dial(ctx, string(serverID), s.route, s)
}

// Close ends the stream: Raft's with every connection, that of calls with those nobody accepted.
func (s *stream) Close() error {
	s.link.mu.Lock()
	if s.link.streams[s.route] == s {
		delete(s.link.streams, s.route)
	}
	s.link.mu.Unlock()
	s.end()
	return nil
}

// end closes what belongs to the stream. The stream is no longer in the link's table.
func (s *stream) end() {
	s.cancel()
	if s.route.purpose == purposeRaft {
		for _, c := range s.link.list() {
			if c.stream == s {
				_ = c.Close()
			}
		}
	}
	for {
		select {
		case c := <-s.queue:
			_ = c.Close()
		default:
			return
		}
	}
}

// Conn is a connection after its handshake.
type Conn struct {
	net.Conn
	link     *Link
	stream   *stream // nil for calls to others and for probes
	peer     Identity
	incoming bool
	number   int64
	once     sync.Once
	err      error
}

// Peer is the node at the other end, proven by the handshake.
func (c *Conn) Peer() Identity { return c.peer }

// RemoteAddr is an Addr: the node at the other end and its address.
func (c *Conn) RemoteAddr() net.Addr { return Addr{Node: c.peer, Net: c.Conn.RemoteAddr()} }

// Close ends the connection; more than once is the same as once.
func (c *Conn) Close() error {
	c.once.Do(func() {
		c.link.mu.Lock()
		delete(c.link.conns, c)
		c.link.mu.Unlock()
		c.err = c.Conn.Close()
	})
	return c.err
}

// track keeps an open connection until it is closed. It fails when link or stream were closed
// meanwhile; the oldest connection of a peer that has too many is given back to be closed.
func (l *Link) track(c *Conn) (surplus *Conn, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || c.stream != nil && l.streams[c.stream.route] != c.stream {
		return nil, net.ErrClosed
	}
	l.opened++
	c.number = l.opened
	if c.incoming {
		same := 0
		for other := range l.conns {
			if other.incoming && other.stream == c.stream && other.peer.ServerID() == c.peer.ServerID() {
				same++
				if surplus == nil || other.number < surplus.number {
					surplus = other
				}
			}
		}
		if same < maxPerPeer {
			surplus = nil
		}
	}
	l.conns[c] = struct{}{}
	return surplus, nil
}

// deliver hands an incoming connection to whoever accepts from its stream.
func (l *Link) deliver(c *Conn) {
	surplus, err := l.track(c)
	if surplus != nil {
		_ = surplus.Close()
	}
	if err != nil {
		_ = c.Close()
		return
	}
	select {
	case c.stream.queue <- c:
		if c.stream.context.Err() != nil { // closed meanwhile: its queue may already have been emptied
			c.stream.end()
		}
	default:
		l.notice(slog.LevelWarn, c.peer.ServerID(), "connections between nodes are not taken up", "nobody accepts connections of "+c.stream.route.String())
		_ = c.Close()
	}
}

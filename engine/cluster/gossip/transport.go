package gossip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

const (
	// maxStreams is how many connections from outside are served at once; who comes then is hung up on.
	maxStreams = 64
	// dialTimeout is how long a connection to a node may take.
	dialTimeout = 2 * time.Second
	// receiveBuffer is what the kernel is asked to keep of packets while the program is busy.
	receiveBuffer = 2 << 20
	// maxPacket is the largest UDP packet.
	maxPacket = 1 << 16
	// acceptPause is the pause after an accept or a read that failed, as it does without file handles.
	acceptPause = 20 * time.Millisecond
)

// transport carries memberlist's packets and streams over sockets that were bound before.
type transport struct {
	sockets   *Sockets
	advertise netip.AddrPort
	packets   chan *memberlist.Packet
	streams   chan net.Conn
	done      chan struct{}
	running   sync.WaitGroup

	mu     sync.Mutex
	open   map[*stream]struct{} // every connection, so that closing ends them all
	served int                  // those from outside
	closed bool
}

var _ memberlist.NodeAwareTransport = (*transport)(nil)

func newTransport(s *Sockets, advertise netip.AddrPort) *transport {
	t := &transport{
		sockets: s, advertise: advertise,
		packets: make(chan *memberlist.Packet), streams: make(chan net.Conn), done: make(chan struct{}),
		open: map[*stream]struct{}{},
	}
	if udp, ok := s.UDP.(*net.UDPConn); ok {
		_ = udp.SetReadBuffer(receiveBuffer) // a smaller one loses packets under load, which gossip repairs
	}
	t.running.Go(t.listen)
	t.running.Go(t.receive)
	return t
}

func (t *transport) listen() {
	for {
		conn, err := t.sockets.TCP.Accept()
		if err != nil {
			if t.pause(err) {
				return
			}
			continue
		}
		s := t.track(conn, true)
		if s == nil {
			continue
		}
		select {
		case t.streams <- s:
		case <-t.done:
			_ = s.Close()
			return
		}
	}
}

func (t *transport) receive() {
	buf := make([]byte, maxPacket)
	for {
		n, from, err := t.sockets.UDP.ReadFrom(buf)
		at := time.Now()
		if err != nil {
			if t.pause(err) {
				return
			}
			continue
		}
		if n == 0 {
			continue
		}
		select {
		case t.packets <- &memberlist.Packet{Buf: slices.Clone(buf[:n]), From: from, Timestamp: at}:
		case <-t.done:
			return
		}
	}
}

// pause waits a little after an error of a socket; true: the socket is closed.
func (t *transport) pause(err error) bool {
	if errors.Is(err, net.ErrClosed) {
		return true
	}
	select {
	case <-time.After(acceptPause):
		return false
	case <-t.done:
		return true
	}
}

// track keeps a connection until it is closed; nil: it was closed at once, since there are too many or
// the transport is closed.
func (t *transport) track(conn net.Conn, served bool) *stream {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || served && t.served >= maxStreams {
		_ = conn.Close()
		return nil
	}
	s := &stream{Conn: conn, transport: t, served: served}
	t.open[s] = struct{}{}
	if served {
		t.served++
	}
	return s
}

// stream is a connection that the transport closes at its own end at the latest.
type stream struct {
	net.Conn
	transport *transport
	served    bool
}

func (s *stream) Close() error {
	s.transport.mu.Lock()
	if _, open := s.transport.open[s]; open {
		delete(s.transport.open, s)
		if s.served {
			s.transport.served--
		}
	}
	s.transport.mu.Unlock()
	return s.Conn.Close()
}

// FinalAdvertiseAddr gives the address that was resolved before.
func (t *transport) FinalAdvertiseAddr(string, int) (net.IP, int, error) {
	return t.advertise.Addr().AsSlice(), int(t.advertise.Port()), nil
}

// WriteToAddress sends a packet.
func (t *transport) WriteToAddress(b []byte, a memberlist.Address) (time.Time, error) {
	return t.WriteTo(b, a.Addr)
}

// WriteTo sends a packet to an IP address and port.
func (t *transport) WriteTo(b []byte, addr string) (time.Time, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return time.Time{}, err
	}
	_, err = t.sockets.UDP.WriteTo(b, net.UDPAddrFromAddrPort(to))
	return time.Now(), err
}

// PacketCh are the packets received.
func (t *transport) PacketCh() <-chan *memberlist.Packet { return t.packets }

// DialAddressTimeout opens a stream to a node.
func (t *transport) DialAddressTimeout(a memberlist.Address, timeout time.Duration) (net.Conn, error) {
	return t.DialTimeout(a.Addr, timeout)
}

// DialTimeout opens a stream to an address.
func (t *transport) DialTimeout(addr string, timeout time.Duration) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", addr, min(timeout, dialTimeout))
	if err != nil {
		return nil, err
	}
	if s := t.track(conn, false); s != nil {
		return s, nil
	}
	return nil, net.ErrClosed
}

// StreamCh are the streams that others opened.
func (t *transport) StreamCh() <-chan net.Conn { return t.streams }

// Shutdown closes the sockets and every stream.
func (t *transport) Shutdown() error {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil
	}
	t.closed = true
	close(t.done)
	for s := range t.open {
		_ = s.Conn.Close()
	}
	t.mu.Unlock()
	err := t.sockets.Close()
	t.running.Wait()
	return err
}

// resolve finds the addresses of host:port.
func resolve(ctx context.Context, address string) ([]netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	port, err := net.DefaultResolver.LookupPort(ctx, "udp", service)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	all := make([]netip.AddrPort, len(ips))
	for i, ip := range ips {
		all[i] = netip.AddrPortFrom(ip.Unmap(), uint16(port))
	}
	return all, nil
}

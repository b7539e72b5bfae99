package link

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// levelRefusal is the level of the lines about refusals.
const levelRefusal = slog.LevelWarn

// listen takes callers until the link is closed. What the system refuses for a moment (no free
// file descriptor) is tried again.
func (l *Link) listen() {
	const longest = time.Second
	wait := 5 * time.Millisecond
	for {
		conn, err := l.config.Listener.Accept()
		switch {
		case err == nil:
			wait = 5 * time.Millisecond
			l.pending.add(conn)
			l.running.Go(func() { l.receive(conn) })
		case l.context.Err() != nil || errors.Is(err, net.ErrClosed):
			return
		default:
			l.notice(slog.LevelError, l.config.Listener.Addr().String(), "connections of nodes cannot be taken", err.Error())
			select {
			case <-time.After(wait):
				wait = min(2*wait, longest)
			case <-l.context.Done():
				return
			}
		}
	}
}

// receive runs the handshake of a caller and hands the connection on.
func (l *Link) receive(raw net.Conn) {
	tune(raw)
	_ = raw.SetDeadline(time.Now().Add(l.config.HandshakeTimeout)) // fails only on a closed connection
	s := &session{link: l, peer: host(raw)}
	conn, to, err := s.under(l.context, raw)
	var refused *RefusedError
	if errors.As(err, &refused) && refused.Here {
		linger(s.conn, raw)
	}
	waited := l.pending.remove(raw)
	switch {
	case err != nil:
		if !waited && refused == nil {
			err = errMadeRoom
		}
		l.notReceived(s, raw, err)
	case to == nil: // a probe
		l.accepted.Add(1)
		_ = conn.Close()
	default:
		l.accepted.Add(1)
		_ = raw.SetDeadline(time.Time{})
		l.log.Debug("node connected", "peer", s.peer, "address", raw.RemoteAddr().String(), "for", s.route.String())
		l.deliver(&Conn{Conn: conn, link: l, stream: to, peer: s.caller, incoming: true})
	}
}

// errMadeRoom is how a handshake ends that was ended for others.
var errMadeRoom = errors.New("the handshake was ended to make room for other callers: too many were under way")

// under runs TLS and the handshake of the called side over a connection. A peer that begins with the
// other kind, TLS or plain, is told so.
func (s *session) under(ctx context.Context, raw net.Conn) (net.Conn, *stream, error) {
	conn, certificate, err := s.link.secure(ctx, raw, false)
	s.conn = raw
	if errors.Is(err, errPlain) {
		return nil, nil, s.refuse(s.link.self.ServerID() + " speaks TLS and its caller does not: " + tlsEverywhere)
	}
	if err != nil {
		return nil, nil, err
	}
	s.conn, s.certificate = conn, certificate
	to, err := s.answer()
	var foreign *foreignError
	if errors.As(err, &foreign) && foreign.tls() {
		err = s.refuse(s.link.self.ServerID() + " speaks without TLS and its caller with it: " + tlsEverywhere)
	}
	return conn, to, err
}

// notReceived ends a connection whose handshake failed, and says so.
func (l *Link) notReceived(s *session, raw net.Conn, err error) {
	attributes := []any{"address", raw.RemoteAddr().String()}
	if s.route.purpose != 0 {
		attributes = append(attributes, "for", s.route.String())
	}
	var refused *RefusedError
	switch {
	case errors.As(err, &refused):
		l.refused.Add(1)
		what := "a node that called is refused here"
		if !refused.Here {
			what = "a node that called refused this one"
		}
		l.notice(levelRefusal, s.peer, what, refused.Reason, attributes...)
	case l.context.Err() != nil: // the link is being closed
	case errors.Is(err, io.EOF): // a health check of a load balancer, a port scanner: nothing was sent
		l.failed.Add(1)
		l.log.Debug("a caller of the node port sent nothing", attributes...)
	case errors.Is(err, os.ErrDeadlineExceeded):
		l.failed.Add(1)
		l.notice(levelRefusal, s.peer, "the handshake of a caller failed", "it took longer than "+l.config.HandshakeTimeout.String(), attributes...)
	default:
		l.failed.Add(1)
		l.notice(levelRefusal, s.peer, "the handshake of a caller failed", err.Error(), attributes...)
	}
	_ = raw.Close()
}

// linger lets a refusal arrive: closing a connection on which bytes wait to be read would reset it,
// and the peer could lose what was written.
func linger(conn, raw net.Conn) {
	if c, ok := conn.(*tls.Conn); ok {
		_ = c.CloseWrite()
	}
	if c, ok := raw.(*net.TCPConn); ok {
		_ = c.CloseWrite()
	}
	_ = raw.SetDeadline(time.Now().Add(200 * time.Millisecond))
	_, _ = io.CopyN(io.Discard, raw, 64<<10) // until the peer closes, a limit at the latest
}

// host is the peer's address without the port, which differs in every connection.
func host(conn net.Conn) string {
	address := conn.RemoteAddr().String()
	if h, _, err := net.SplitHostPort(address); err == nil {
		return h
	}
	return address
}

// pending are the callers in the handshake, oldest first.
type pending struct {
	limit int

	mu      sync.Mutex
	closed  bool
	callers []caller
}

// caller is a connection in the handshake.
type caller struct {
	conn net.Conn
	host string
}

// add takes a caller in. When there are too many, the oldest of the host that has most of them is
// ended: an honest node is done in milliseconds, so those that stay are the ones that wait for
// nothing.
func (p *pending) add(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = conn.Close()
		return
	}
	p.callers = append(p.callers, caller{conn, host(conn)})
	if len(p.callers) <= p.limit {
		return
	}
	counts := map[string]int{}
	for _, c := range p.callers {
		counts[c.host]++
	}
	oldest := 0
	for i, c := range p.callers {
		if counts[c.host] > counts[p.callers[oldest].host] {
			oldest = i
		}
	}
	_ = p.callers[oldest].conn.Close()
	p.callers = slices.Delete(p.callers, oldest, oldest+1)
}

// remove lets a caller go; false when it was ended before.
func (p *pending) remove(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.callers, func(c caller) bool { return c.conn == conn })
	if i < 0 {
		return false
	}
	p.callers = slices.Delete(p.callers, i, i+1)
	return true
}

// count is how many there are.
func (p *pending) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.callers)
}

// end ends all and takes no more.
func (p *pending) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, c := range p.callers {
		_ = c.conn.Close()
	}
	p.callers = nil
}

package link

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"
)

// tlsEverywhere is what to do when one side speaks TLS and the other does not.
const tlsEverywhere = "set node.security.cert, key and ca at every node, or at none"

// keepAlive finds a peer that vanished within 20 s on a connection on which nothing is sent.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 2}

// tune sets what the listener of the caller may not have set: small messages go out at once, and
// vanished peers are found.
func tune(conn net.Conn) {
	if c, ok := conn.(*net.TCPConn); ok {
		_ = c.SetNoDelay(true) // fails only on a connection that is closed
		_ = c.SetKeepAliveConfig(keepAlive)
	}
}

// secure runs the TLS handshake, if there is TLS, and gives the peer's certificate. When the peer
// sends a plain handshake the error is errPlain.
func (l *Link) secure(ctx context.Context, conn net.Conn, calls bool) (net.Conn, *x509.Certificate, error) {
	source := l.config.TLS
	if source == nil {
		return conn, nil, nil
	}
	var c *tls.Conn
	if calls {
		c = tls.Client(conn, source.Client())
	} else {
		c = tls.Server(conn, source.Server(tls.RequireAndVerifyClientCert))
	}
	if err := c.HandshakeContext(ctx); err != nil {
		var record tls.RecordHeaderError
		if errors.As(err, &record) && string(record.RecordHeader[:len(magic)]) == magic {
			return nil, nil, errPlain
		}
		return nil, nil, fmt.Errorf("TLS: %w", err)
	}
	return c, c.ConnectionState().PeerCertificates[0], nil
}

// errPlain is returned when a peer begins without TLS where TLS is due.
var errPlain = errors.New("the peer speaks without TLS and this node with it: " + tlsEverywhere)

// dial connects to a node and keeps the connection; to is its stream, nil when it belongs to none.
func (l *Link) dial(ctx context.Context, serverID string, r route, to *stream) (net.Conn, error) {
	address, err := l.config.Resolve(serverID)
	if err != nil {
		return nil, fmt.Errorf("link: where %s is reached is not known: %w", serverID, err)
	}
	c, _, err := l.connect(ctx, address, hello{target: serverID, route: r})
	if err != nil {
		return nil, err
	}
	c.stream = to
	if _, err := l.track(c); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("link: %s was closed while %s was called: %w", r, serverID, err)
	}
	l.log.Debug("connected to node", "peer", serverID, "address", address, "for", r.String())
	return c, nil
}

// connect dials an address and runs the handshake of a caller. It gives who answered, also beside a
// refusal if the peer said it.
func (l *Link) connect(ctx context.Context, address string, h hello) (*Conn, Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, l.config.HandshakeTimeout)
	defer cancel()
	defer context.AfterFunc(l.context, cancel)()
	wanted := h.target
	if wanted == "" {
		wanted = address
	}
	raw, err := (&net.Dialer{KeepAliveConfig: keepAlive}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, Identity{}, fmt.Errorf("link: %s cannot be reached at %s: %w", wanted, address, err)
	}
	interrupt := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	s := &session{link: l, peer: wanted, route: h.route}
	conn, peer, err := s.over(ctx, raw, h)
	if err == nil && !interrupt() {
		err = context.Cause(ctx)
	}
	if err != nil {
		interrupt()
		if ctx.Err() != nil {
			err = fmt.Errorf("%w (%w)", context.Cause(ctx), err)
		}
		_ = raw.Close()
		return nil, peer, l.notConnected(s, address, err)
	}
	return &Conn{Conn: conn, link: l, peer: peer}, peer, nil
}

// over runs TLS and the handshake of a caller over a connection.
func (s *session) over(ctx context.Context, raw net.Conn, h hello) (net.Conn, Identity, error) {
	conn, certificate, err := s.link.secure(ctx, raw, true)
	if err != nil {
		return nil, Identity{}, err
	}
	s.conn, s.certificate = conn, certificate
	peer, err := s.call(h)
	return conn, peer, err
}

// notConnected says in the log why a peer was not connected, when there is a reason that a person
// must know, and gives the error for the caller.
func (l *Link) notConnected(s *session, address string, err error) error {
	if errors.Is(err, errPlain) {
		err = &RefusedError{Peer: s.peer, Reason: errPlain.Error(), Here: true}
	}
	var refused *RefusedError
	if !errors.As(err, &refused) {
		return fmt.Errorf("link: %s at %s: the handshake failed: %w", s.peer, address, err)
	}
	what := "a node that was called refused"
	if refused.Here {
		what = "a node that was called is refused here"
	}
	l.notice(levelRefusal, refused.Peer, what, refused.Reason, "address", address, "for", s.route.String())
	return err
}

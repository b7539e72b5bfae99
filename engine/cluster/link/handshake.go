package link

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
)

// session is one handshake. The connection has a deadline.
type session struct {
	link        *Link
	conn        net.Conn
	certificate *x509.Certificate // the peer's; nil without TLS
	peer        string            // who it is as far as known: its address, then its server id
	known       bool              // the peer has proven that it may know who is here
	caller      Identity          // of a called side: who calls, once it has proven itself
	route       route
}

// The labels keep a proof of one side from being one of the other.
const (
	labelCaller = "payhub link caller"
	labelCalled = "payhub link called"
)

// prove shows that this node knows the secret, for what was said so far.
func (l *Link) prove(label string, said ...[]byte) []byte {
	if len(l.config.Secret) == 0 {
		return nil
	}
	mac := hmac.New(sha256.New, l.config.Secret)
	mac.Write([]byte(label))
	for _, part := range said {
		sum := sha256.Sum256(part)
		mac.Write(sum[:])
	}
	return mac.Sum(nil)
}

// send writes a frame.
func (s *session) send(k kind, body []byte) ([]byte, error) {
	raw := pack(k, body)
	_, err := s.conn.Write(raw)
	return raw, err
}

// expect reads a frame of a kind. A refusal of the peer is a *RefusedError.
func (s *session) expect(k kind) (frame, error) {
	f, err := readFrame(s.conn)
	if err != nil {
		return f, err
	}
	if f.kind == kindRefused {
		r, err := decodeRefusal(f.body)
		if err != nil {
			return f, fmt.Errorf("a refusal that cannot be read: %w", err)
		}
		return f, &peerRefusal{refusal: r}
	}
	if f.version != version {
		return f, s.refuse(fmt.Sprintf("%s speaks version %d of the protocol between nodes, %s version %d: upgrade one node after the other, without leaving out a minor version",
			s.peer, f.version, s.link.self.ServerID(), version))
	}
	if f.kind != k {
		return f, fmt.Errorf("frame %d came where %d was due", f.kind, k)
	}
	return f, nil
}

// peerRefusal is a refusal as it came in.
type peerRefusal struct{ refusal refusal }

func (p *peerRefusal) Error() string { return p.refusal.reason }

// refuse tells the peer why, and gives the error for here.
func (s *session) refuse(reason string) error {
	r := refusal{reason: reason}
	if s.known {
		r.from = &s.link.self.Identity
	}
	_, _ = s.send(kindRefused, r.encode()) // the peer may be gone; the reason is in this side's log
	return &RefusedError{Peer: s.peer, Reason: reason, Here: true}
}

// call is the handshake of the side that dialled. It gives who answered, also beside a
// *RefusedError if the peer said it.
func (s *session) call(h hello) (peer Identity, err error) {
	defer func() {
		var refused *peerRefusal
		if !errors.As(err, &refused) {
			return
		}
		if from := refused.refusal.from; from != nil {
			peer, s.peer = *from, from.ServerID()
		}
		err = &RefusedError{Peer: s.peer, Reason: refused.refusal.reason}
	}()
	h.from, h.secrets = s.link.self, len(s.link.config.Secret) > 0
	if _, err := rand.Read(h.nonce[:]); err != nil {
		return Identity{}, err
	}
	said, err := s.send(kindHello, h.encode())
	if err != nil {
		return Identity{}, err
	}
	asked, err := s.expect(kindChallenge)
	if err != nil {
		return Identity{}, err
	}
	c, err := decodeChallenge(asked.body)
	if err != nil {
		return Identity{}, err
	}
	if c.secrets != h.secrets {
		return Identity{}, s.refuse(s.secretMissing(h.secrets))
	}
	if _, err := s.send(kindProof, s.link.prove(labelCaller, said, asked.raw)); err != nil {
		return Identity{}, err
	}
	return s.welcomed(h, said, asked.raw)
}

// welcomed judges who answered and confirms.
func (s *session) welcomed(h hello, said, asked []byte) (Identity, error) {
	answer, err := s.expect(kindWelcome)
	if err != nil {
		return Identity{}, err
	}
	w, err := decodeWelcome(answer.body)
	if err != nil {
		return Identity{}, err
	}
	if !hmac.Equal(w.proof, s.link.prove(labelCalled, said, asked, appendProcess(nil, w.from))) {
		return Identity{}, s.refuse(s.secretDiffers())
	}
	s.known, s.peer = true, w.from.ServerID()
	if h.route.purpose != purposeProbe {
		reason := s.judge(w.from)
		if reason == "" && s.peer != h.target {
			reason = fmt.Sprintf("%s was called and %s answers", h.target, w.from)
		}
		if reason == "" {
			reason = s.link.admit(w.from.Identity)
		}
		if reason != "" {
			return w.from.Identity, s.refuse(reason)
		}
	}
	_, err = s.send(kindConfirm, nil)
	return w.from.Identity, err
}

// answer is the handshake of the side that was called. It gives the stream the connection is for,
// nil for a probe.
func (s *session) answer() (to *stream, err error) {
	defer func() {
		var refused *peerRefusal
		if errors.As(err, &refused) {
			err = &RefusedError{Peer: s.peer, Reason: refused.refusal.reason}
		}
	}()
	said, err := s.expect(kindHello)
	if err != nil {
		return nil, err
	}
	h, err := decodeHello(said.body)
	if err != nil {
		return nil, err
	}
	s.route = h.route
	c := challenge{secrets: len(s.link.config.Secret) > 0}
	if c.secrets != h.secrets {
		return nil, s.refuse(s.secretMissing(c.secrets))
	}
	if _, err := rand.Read(c.nonce[:]); err != nil {
		return nil, err
	}
	asked, err := s.send(kindChallenge, c.encode())
	if err != nil {
		return nil, err
	}
	f, err := s.expect(kindProof)
	if err != nil {
		return nil, err
	}
	if !hmac.Equal(f.body, s.link.prove(labelCaller, said.raw, asked)) {
		return nil, s.refuse(s.secretDiffers())
	}
	s.known, s.caller, s.peer = true, h.from.Identity, h.from.ServerID()
	if to, err = s.receive(h); err != nil {
		return nil, err
	}
	w := welcome{from: s.link.self}
	w.proof = s.link.prove(labelCalled, said.raw, asked, appendProcess(nil, w.from))
	if _, err := s.send(kindWelcome, w.encode()); err != nil {
		return nil, err
	}
	_, err = s.expect(kindConfirm)
	return to, err
}

// receive judges a caller and finds the stream it wants.
func (s *session) receive(h hello) (*stream, error) {
	reason := s.judge(h.from)
	if reason == "" && h.target != "" && h.target != s.link.self.ServerID() {
		reason = fmt.Sprintf("%s was called and %s answers", h.target, s.link.self)
	}
	if reason == "" {
		reason = s.link.admit(h.from.Identity)
	}
	if reason != "" {
		return nil, s.refuse(reason)
	}
	if h.route.purpose == purposeProbe {
		return nil, nil
	}
	s.link.mu.Lock()
	to := s.link.streams[h.route]
	s.link.mu.Unlock()
	if to == nil {
		return nil, s.refuse(fmt.Sprintf("%s is not open at %s", h.route, s.link.self.ServerID()))
	}
	return to, nil
}

// judge says why this node and a peer cannot be two nodes of one cluster; "" when they can.
func (s *session) judge(peer process) string {
	self := s.link.self
	switch {
	case peer.instance == self.instance:
		return fmt.Sprintf("%s reached itself: the address of another node leads back to it", self.ServerID())
	case peer.ClusterID != self.ClusterID:
		return fmt.Sprintf("%s is of cluster %q, %s of cluster %q: correct engine.clusterId or the address", peer.ServerID(), peer.ClusterID, self.ServerID(), self.ClusterID)
	case peer.ServerID() == self.ServerID():
		return fmt.Sprintf("two processes run as %s: stop one, it uses a copy of the other's data", self.ServerID())
	case peer.Node == self.Node:
		return fmt.Sprintf("two nodes have the number %d, %s and %s: give each its own engine.nodeId", self.Node, self.ServerID(), peer.ServerID())
	}
	if s.certificate != nil {
		return bound(s.certificate.DNSNames, peer.Identity)
	}
	return ""
}

// admit asks Config.Accept.
func (l *Link) admit(peer Identity) string {
	if l.config.Accept == nil {
		return ""
	}
	if err := l.config.Accept(peer); err != nil {
		return err.Error()
	}
	return ""
}

// secretMissing is the reason when one side has a secret and the other has none.
func (s *session) secretMissing(here bool) string {
	with, without := s.link.self.ServerID(), s.peer
	if !here {
		with, without = without, with
	}
	return fmt.Sprintf("%s proves membership with a secret and %s has none: set the same engine.secret at every node", with, without)
}

// secretDiffers is the reason when the secrets of the sides are not the same.
func (s *session) secretDiffers() string {
	return fmt.Sprintf("the secrets of %s and %s differ: set the same engine.secret at every node", s.link.self.ServerID(), s.peer)
}

package gossip

import (
	"errors"
	"fmt"
	"net"
)

// Sockets are the TCP and the UDP socket of the gossip, on one port.
type Sockets struct {
	TCP net.Listener
	UDP net.PacketConn
}

// bindAttempts is how often port 0 is tried: a port that is free for TCP may be taken for UDP.
const bindAttempts = 20

// Bind takes both sockets of an address, host:port; port 0 is one that is free for both.
func Bind(address string) (*Sockets, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("gossip address %q: %w", address, err)
	}
	attempts := 1
	if port == "0" {
		attempts = bindAttempts
	}
	for range attempts {
		var tcp net.Listener
		if tcp, err = net.Listen("tcp", address); err != nil {
			return nil, fmt.Errorf("gossip cannot listen: %w", err)
		}
		var udp net.PacketConn
		if udp, err = net.ListenPacket("udp", tcp.Addr().String()); err == nil {
			return &Sockets{TCP: tcp, UDP: udp}, nil
		}
		err = errors.Join(err, tcp.Close())
	}
	return nil, fmt.Errorf("gossip cannot listen: %w", err)
}

// Addr is the address of both, with the port that was taken.
func (s *Sockets) Addr() string { return s.TCP.Addr().String() }

// Close gives both back.
func (s *Sockets) Close() error { return errors.Join(s.TCP.Close(), s.UDP.Close()) }

package fleet

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// Ports are drawn below those that the kernel gives to outgoing connections (32768 on Linux), because a node that is down for a
// while must find its own again.
const (
	firstPort = 12_000
	lastPort  = 32_000
)

// given are the ports that this process has given out.
var given = struct {
	sync.Mutex
	ports map[int]bool
}{ports: map[int]bool{}}

// FreePort gives an address on host with a port that nobody listens on, and that this process gave to nobody.
func FreePort(host string) (string, error) {
	given.Lock()
	defer given.Unlock()
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		if given.ports[port] {
			continue
		}
		given.ports[port] = true
		if address := net.JoinHostPort(host, strconv.Itoa(port)); free(port) {
			return address, nil
		}
	}
	return "", fmt.Errorf("no port between %d and %d is free", firstPort, lastPort)
}

// free tells whether nobody on this machine's loopback has the port, for TCP and UDP.
func free(port int) bool {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	l, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	l.Close()
	p, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	p.Close()
	return true
}

// addresses draws the node's addresses.
func (n *Node) addresses(host string) (err error) {
	for _, a := range []*string{&n.GRPC, &n.HTTP, &n.Management, &n.NodeToNode, &n.Gossip} {
		if *a, err = FreePort(host); err != nil {
			return err
		}
	}
	return nil
}

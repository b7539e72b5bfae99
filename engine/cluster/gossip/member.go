package gossip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/hashicorp/memberlist"
)

// Member is what a node says of itself to all others. Everything but Node and Generation may change
// while it runs (Gossip.Update).
type Member struct {
	Node int32
	// Generation names the disk: a node that lost it comes back with another one.
	Generation string
	// Zone is the region or rack, "" without zones; Version is the program's.
	Zone, Version string
	// ClusterID keeps clusters apart: a member of another cluster is refused.
	ClusterID string
	// The listeners as others reach them, host:port. Gossip.Join fills in an empty GossipAddress.
	NodeAddress, GRPCAddress, GossipAddress string
	// Settings are those on which all nodes must agree, in any form: nodes whose settings differ refuse
	// each other, unless one of them has none ("").
	Settings string
}

// ServerID is the name of the node's generation in Raft and in the gossip ("2-9f3c").
func (m Member) ServerID() string { return fmt.Sprintf("%d-%s", m.Node, m.Generation) }

// String names the member in a log line: "2-9f3c at 10.0.0.3:26502".
func (m Member) String() string { return m.ServerID() + " at " + m.GossipAddress }

// metaFormat is the first byte of a member's data.
const metaFormat = 1

// sameHost stands before a port where an address has the host of NodeAddress.
const sameHost = "="

// encode writes a member compactly: it travels with every message that says that the node is alive.
func (m Member) encode() ([]byte, error) {
	b := binary.AppendUvarint([]byte{metaFormat}, uint64(uint32(m.Node)))
	for _, s := range []string{
		m.Generation, m.Zone, m.Version, m.ClusterID, m.Settings, m.NodeAddress,
		shorten(m.GRPCAddress, m.NodeAddress), shorten(m.GossipAddress, m.NodeAddress),
	} {
		b = appendString(b, s)
	}
	if len(b) > memberlist.MetaMaxSize {
		return nil, fmt.Errorf("what node %d says of itself takes %d bytes, gossip carries %d: shorten its cluster id, zone or host names", m.Node, len(b), memberlist.MetaMaxSize)
	}
	return b, nil
}

// errMeta is why the data of a member was not understood.
var errMeta = errors.New("it is not a node of this program, or a broken one")

// decodeMember reads what encode wrote.
func decodeMember(b []byte) (Member, error) {
	if len(b) == 0 {
		return Member{}, errMeta
	}
	if b[0] != metaFormat {
		return Member{}, fmt.Errorf("its format of gossip is %d, this node knows %d", b[0], metaFormat)
	}
	r := reader{b: b[1:]}
	node := r.uvarint()
	m := Member{Node: int32(node)}
	for _, s := range []*string{
		&m.Generation, &m.Zone, &m.Version, &m.ClusterID, &m.Settings,
		&m.NodeAddress, &m.GRPCAddress, &m.GossipAddress,
	} {
		*s = string(r.bytes())
	}
	if r.failed || len(r.b) > 0 || node > 1<<31-1 || m.Generation == "" {
		return Member{}, errMeta
	}
	m.GRPCAddress = lengthen(m.GRPCAddress, m.NodeAddress)
	m.GossipAddress = lengthen(m.GossipAddress, m.NodeAddress)
	return m, nil
}

func shorten(address, like string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if same, _, err := net.SplitHostPort(like); err != nil || same != host || net.JoinHostPort(host, port) != address {
		return address
	}
	return sameHost + port
}

func lengthen(address, like string) string {
	port, short := strings.CutPrefix(address, sameHost)
	host, _, err := net.SplitHostPort(like)
	if !short || err != nil {
		return address
	}
	return net.JoinHostPort(host, port)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendBytes(b, s []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// reader takes values off a message; once one is missing, all further ones are empty.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.failed, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.failed, r.b = true, nil
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

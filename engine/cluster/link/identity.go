package link

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
)

// Identity is who a node is.
type Identity struct {
	// ClusterID names the cluster; nodes of different clusters refuse each other.
	ClusterID string
	// Node is the node's number in the cluster, from 0.
	Node int32
	// Generation was drawn when the node's disk was empty: a node that lost its disk is another one.
	Generation string
	// Version is the program's version, for people.
	Version string
	// Format is the number of the data format that the node writes; who may work with whom is
	// Config.Accept's decision.
	Format int
}

// ServerID is the node's name in Raft: its number and generation, as "2-9f3c".
func (i Identity) ServerID() string { return strconv.Itoa(int(i.Node)) + "-" + i.Generation }

// String is the server id with the cluster and the version.
func (i Identity) String() string {
	return fmt.Sprintf("%s of cluster %q (version %s, data format %d)", i.ServerID(), i.ClusterID, i.Version, i.Format)
}

// check refuses an identity that cannot stand for a node.
func (i Identity) check() error {
	switch {
	case i.ClusterID == "" || len(i.ClusterID) > maxName:
		return fmt.Errorf("the cluster id has %d bytes, 1 to %d are allowed", len(i.ClusterID), maxName)
	case i.Generation == "" || len(i.Generation) > maxName:
		return fmt.Errorf("the generation has %d bytes, 1 to %d are allowed", len(i.Generation), maxName)
	case len(i.Version) > maxName:
		return fmt.Errorf("the version has %d bytes, at most %d are allowed", len(i.Version), maxName)
	case i.Node < 0 || i.Format < 0:
		return errors.New("the node's number and the data format cannot be negative")
	}
	return nil
}

// Addr is the address of one end of a connection: the node, and where it is on the network. The
// remote address of every connection of a link is one, so that who serves a call knows who calls.
type Addr struct {
	// Node is who is there.
	Node Identity
	// Net is the address on the network; nil for the address of a listener.
	Net net.Addr
}

// Network names the kind of address.
func (Addr) Network() string { return "payhub" }

// String is the server id; raft compares it.
func (a Addr) String() string { return a.Node.ServerID() }

// nodeName is the name in a certificate that binds it to a node: node-2.cluster.
var nodeName = regexp.MustCompile(`^(?i)node-[0-9]+\.`)

// bound says why a certificate with these DNS names does not belong to a node; "" when it may. A certificate with one or
// more DNS names of the form node-N.something belongs to the nodes that they name and to no other;
// one without such a name belongs to whoever the authorities gave it to.
func bound(dnsNames []string, peer Identity) string {
	var names []string
	for _, name := range dnsNames {
		if nodeName.MatchString(name) {
			names = append(names, name)
		}
	}
	want := fmt.Sprintf("node-%d.%s", peer.Node, peer.ClusterID)
	for _, name := range names {
		if strings.EqualFold(name, want) {
			return ""
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("the certificate of %s is for %s and not for %s: give each node its own certificate", peer.ServerID(), strings.Join(names, ", "), want)
}

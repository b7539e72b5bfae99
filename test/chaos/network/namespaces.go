// Package network makes the networks that chaos tests run nodes in, and harms them: namespaces of the kernel with real loss and
// real partitions, where the test may make them, and proxies between nodes for everything that slows or cuts connections.
package network

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// Namespaces is a network in which each node has a network namespace of its own, joined by a bridge. Addresses are of 127/8, so
// that nodes take each other for loopback and need no security; the test reaches them from outside by the same addresses. What a
// node sends can be dropped at the one that receives it, so that the sender learns nothing.
type Namespaces struct {
	subnet int // 127.77.SUBNET.0/24
	nodes  int

	mu    sync.Mutex
	drops map[link]int // per mille that is lost of what goes from one node to another
}

// link is a direction between two nodes.
type link struct{ from, to int }

// NamespacesMissing says what is missing here for namespaces; nil: nothing.
func NamespacesMissing() error {
	if os.Geteuid() != 0 {
		return errors.New("network namespaces need root")
	}
	for _, program := range []string{"ip", "nft", "sysctl"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s is not installed (Debian: iproute2, nftables, procps)", program)
		}
	}
	return nil
}

// NewNamespaces makes a network for so many nodes. Close takes it away.
func NewNamespaces(nodes int) (*Namespaces, error) {
	if err := NamespacesMissing(); err != nil {
		return nil, err
	}
	n := &Namespaces{subnet: 1 + rand.IntN(250), nodes: nodes, drops: map[link]int{}}
	if err := n.build(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *Namespaces) bridge() string        { return fmt.Sprintf("chb%d", n.subnet) }
func (n *Namespaces) space(node int) string { return fmt.Sprintf("chn%d-%d", n.subnet, node) }
func (n *Namespaces) cable(node int) string { return fmt.Sprintf("chv%d-%d", n.subnet, node) }
func (n *Namespaces) net() string           { return fmt.Sprintf("127.77.%d.0/24", n.subnet) }

// outside is the address of the test.
func (n *Namespaces) outside() string { return fmt.Sprintf("127.77.%d.1", n.subnet) }

// Host implements fleet.Network.
func (n *Namespaces) Host(node int) string { return fmt.Sprintf("127.77.%d.%d", n.subnet, 10+node) }

// Enter implements fleet.Network.
func (n *Namespaces) Enter(node int, command []string) []string {
	return append([]string{"ip", "netns", "exec", n.space(node)}, command...)
}

// Advertise implements fleet.Network.
func (*Namespaces) Advertise(int, string) (string, error) { return "", nil }

// Started implements fleet.Network.
func (*Namespaces) Started(int, int) {}

// build makes bridge, namespaces and cables. The route in the table of local addresses is what takes this part of 127/8 from the
// machine's own loopback.
func (n *Namespaces) build() error {
	bridge := n.bridge()
	commands := [][]string{
		{"ip", "link", "add", bridge, "type", "bridge"},
		{"ip", "link", "set", bridge, "up"},
		{"sysctl", "-qw", "net.ipv4.conf." + bridge + ".route_localnet=1"},
		{"ip", "addr", "add", n.outside() + "/24", "dev", bridge, "noprefixroute"},
		{"ip", "route", "add", "table", "local", "unicast", n.net(), "dev", bridge, "src", n.outside()},
	}
	for node := range n.nodes {
		space, cable := n.space(node), n.cable(node)
		commands = append(commands,
			[]string{"ip", "netns", "add", space},
			[]string{"ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space},
			[]string{"ip", "link", "set", cable, "master", bridge, "up"},
			[]string{"ip", "-n", space, "link", "set", "lo", "up"},
			n.Enter(node, []string{"sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1", "net.ipv4.conf.eth0.route_localnet=1"}),
			[]string{"ip", "-n", space, "addr", "add", n.Host(node) + "/24", "dev", "eth0", "noprefixroute"},
			[]string{"ip", "-n", space, "link", "set", "eth0", "up"},
			[]string{"ip", "-n", space, "route", "add", "table", "local", "unicast", n.net(), "dev", "eth0", "src", n.Host(node)},
		)
	}
	for _, c := range commands {
		if err := run("", c...); err != nil {
			return err
		}
	}
	return nil
}

// Close takes the network away. Nodes that still run keep their namespace and reach nobody.
func (n *Namespaces) Close() error {
	var errs []error
	for node := range n.nodes {
		errs = append(errs, run("", "ip", "netns", "del", n.space(node)))
	}
	return errors.Join(append(errs, run("", "ip", "link", "del", n.bridge()))...)
}

// Cut loses everything that one node sends to another, in that direction alone.
func (n *Namespaces) Cut(from, to int) error { return n.Lose(from, to, 1000) }

// Isolate cuts a node off from the given others, in both directions.
func (n *Namespaces) Isolate(node int, from ...int) error {
	var errs []error
	for _, other := range from {
		errs = append(errs, n.Cut(node, other), n.Cut(other, node))
	}
	return errors.Join(errs...)
}

// Lose loses so many of thousand packets that one node sends to another.
func (n *Namespaces) Lose(from, to, perMille int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.drops[link{from, to}] = perMille
	return n.apply(to)
}

// Heal lets everything through again.
func (n *Namespaces) Heal() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.drops)
	var errs []error
	for node := range n.nodes {
		errs = append(errs, n.apply(node))
	}
	return errors.Join(errs...)
}

// apply replaces the rules at one node's end.
func (n *Namespaces) apply(node int) error {
	var rules strings.Builder
	rules.WriteString("table inet chaos\ndelete table inet chaos\ntable inet chaos {\n chain in {\n type filter hook input priority 0; policy accept;\n")
	for from := range n.nodes {
		switch lost := n.drops[link{from, node}]; {
		case lost >= 1000:
			fmt.Fprintf(&rules, "  ip saddr %s drop\n", n.Host(from))
		case lost > 0:
			fmt.Fprintf(&rules, "  ip saddr %s numgen random mod 1000 < %d drop\n", n.Host(from), lost)
		}
	}
	rules.WriteString(" }\n}\n")
	return run(rules.String(), n.Enter(node, []string{"nft", "-f", "-"})...)
}

// run runs a command with an input, and gives its words if it fails.
func run(input string, command ...string) error {
	c := exec.Command(command[0], command[1:]...)
	c.Stdin = strings.NewReader(input)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

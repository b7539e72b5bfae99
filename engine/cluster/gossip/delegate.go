package gossip

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/hashicorp/memberlist"
)

// The kinds of our messages, their first byte.
const (
	factMessage    = 1
	refusalMessage = 2
	statesMessage  = 3
)

// delegate is what memberlist calls. Most calls come while it holds its lock over the nodes, so
// nothing here calls it back.
type delegate struct{ g *Gossip }

// NodeMeta is what this node says of itself.
func (d delegate) NodeMeta(int) []byte {
	d.g.mu.Lock()
	defer d.g.mu.Unlock()
	return d.g.meta
}

// GetBroadcasts are facts for the next packet.
func (d delegate) GetBroadcasts(overhead, limit int) [][]byte {
	return d.g.queue.GetBroadcasts(overhead, limit)
}

// NotifyMsg takes a message of another node.
func (d delegate) NotifyMsg(b []byte) {
	if len(b) == 0 {
		return
	}
	r := reader{b: b[1:]}
	cluster := string(r.bytes())
	switch b[0] {
	case factMessage:
		name, f := r.fact()
		if r.failed || len(r.b) > 0 || cluster != d.g.cluster() {
			return
		}
		d.g.learn(name, f, true)
	case refusalMessage:
		by, reason := string(r.bytes()), string(r.bytes())
		if r.failed || len(r.b) > 0 {
			return
		}
		d.g.noteRefusal(by, reason)
	}
}

// LocalState are all facts, for an exchange with another node.
func (d delegate) LocalState(bool) []byte {
	return d.g.facts.encode(appendString([]byte{statesMessage}, d.g.cluster()))
}

// MergeRemoteState takes the facts of another node.
func (d delegate) MergeRemoteState(b []byte, _ bool) {
	if len(b) == 0 || b[0] != statesMessage {
		return
	}
	r := reader{b: b[1:]}
	if cluster := string(r.bytes()); cluster != d.g.cluster() {
		return
	}
	for n := r.uvarint(); n > 0 && !r.failed; n-- {
		if name, f := r.fact(); !r.failed {
			d.g.learn(name, f, false)
		}
	}
}

// learn takes a fact that another node told. One that came as a message is passed on; one that came
// with an exchange of states travels by further exchanges.
func (g *Gossip) learn(name string, f fact, passOn bool) {
	news, err := g.facts.merge(name, f)
	if err != nil {
		g.log.Warn("gossip: a fact was not taken", "error", err)
		return
	}
	if !news {
		return
	}
	g.mu.Lock()
	if !slices.Contains(g.news, name) {
		g.news = append(g.news, name)
	}
	g.mu.Unlock()
	wake(g.work.wakeCallbacks)
	if passOn {
		g.spread(name, false)
	}
}

func (g *Gossip) cluster() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.self.ClusterID
}

// NotifyJoin, NotifyUpdate and NotifyLeave keep who is alive.
func (d delegate) NotifyJoin(n *memberlist.Node)   { d.g.alive(n, "gossip: node joined") }
func (d delegate) NotifyUpdate(n *memberlist.Node) { d.g.alive(n, "gossip: node changed") }

func (g *Gossip) alive(n *memberlist.Node, what string) {
	m, err := decodeMember(n.Meta)
	if err != nil {
		return // NotifyAlive has refused it
	}
	g.mu.Lock()
	own := n.Name == g.self.ServerID()
	if !own {
		g.peers[n.Name] = peer{Member: m, address: addressOf(n)}
	}
	g.mu.Unlock()
	if own {
		return
	}
	g.config.Logger.Info(what, "node", m.Node, "generation", m.Generation, "address", m.GossipAddress)
	g.changed()
}

// NotifyLeave forgets a node that left or is dead.
func (d delegate) NotifyLeave(n *memberlist.Node) {
	d.g.mu.Lock()
	p, known := d.g.peers[n.Name]
	delete(d.g.peers, n.Name)
	d.g.mu.Unlock()
	if !known {
		return
	}
	d.g.config.Logger.Info("gossip: node is gone", "node", p.Node, "generation", p.Generation, "address", p.GossipAddress)
	d.g.changed()
}

// NotifyAlive refuses a node that may not be a member.
func (d delegate) NotifyAlive(n *memberlist.Node) error {
	g := d.g
	m, err := decodeMember(n.Meta)
	if err != nil {
		g.log.Warn("gossip: node refused", "node", n.Name, "address", addressOf(n), "reason", err)
		return err
	}
	if n.Name == g.serverID() {
		return nil
	}
	if err = g.acceptable(n.Name, m); err != nil {
		g.refuseLater(n.Name, addressOf(n), err)
	}
	return err
}

func (g *Gossip) serverID() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.self.ServerID()
}

// acceptable says why a node may not be a member: nil, it may.
func (g *Gossip) acceptable(name string, m Member) error {
	if err := g.related(m); err != nil {
		return err
	}
	if name != m.ServerID() {
		return fmt.Errorf("it calls itself %q, and %q in its data", name, m.ServerID())
	}
	accept := g.config.Accept
	if accept != nil {
		if err := accept(m); err != nil {
			return err
		}
	}
	holder, taken := g.holder(m)
	if !taken {
		return nil
	}
	if accept != nil && holder.ServerID() != g.serverID() {
		if err := accept(holder); err != nil {
			g.log.Warn("gossip: a node gives way to another of its id", "node", holder.String(), "to", m.String(), "reason", err)
			g.mu.Lock()
			delete(g.peers, holder.ServerID())
			g.mu.Unlock()
			g.changed()
			return nil
		}
	}
	return fmt.Errorf("node id %d is taken: %s is alive; give this node another id, or stop the other one", m.Node, holder)
}

// related refuses nodes of other clusters and those with other settings.
func (g *Gossip) related(m Member) error {
	g.mu.Lock()
	self := g.self
	g.mu.Unlock()
	if m.ClusterID != self.ClusterID {
		return fmt.Errorf("it is of cluster %q, this one is %q", m.ClusterID, self.ClusterID)
	}
	if m.Settings != self.Settings && m.Settings != "" && self.Settings != "" {
		return fmt.Errorf("its settings are %q, here they are %q: all nodes need the same", m.Settings, self.Settings)
	}
	return nil
}

// holder is another generation that is alive under the node id of m.
func (g *Gossip) holder(m Member) (Member, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.self.Node == m.Node {
		return g.self, true
	}
	for _, p := range g.peers {
		if p.Node == m.Node && p.Generation != m.Generation {
			return p.Member, true
		}
	}
	return Member{}, false
}

// NotifyMerge refuses a cluster of strangers as a whole; both sides find out, each for itself. Single
// nodes among related ones are refused one by one in NotifyAlive.
func (d delegate) NotifyMerge(nodes []*memberlist.Node) error {
	for _, n := range nodes {
		if n.State != memberlist.StateAlive {
			continue
		}
		m, err := decodeMember(n.Meta)
		if err == nil {
			err = d.g.related(m)
		}
		if err != nil {
			d.g.log.Warn("gossip: node refused", "node", n.Name, "address", addressOf(n), "reason", err)
			return fmt.Errorf("%s at %s is refused: %w", n.Name, addressOf(n), err)
		}
	}
	return nil
}

// NotifyConflict is called when a name is alive at two addresses: the one known first stays until it
// is dead, which is soon if the node was restarted elsewhere.
func (d delegate) NotifyConflict(existing, other *memberlist.Node) {
	if existing.Name == d.g.serverID() {
		d.g.noteRefusal(addressOf(other).String(), "another process of this node was alive there; if it still is, stop one of them")
		return
	}
	d.g.refuseLater(other.Name, addressOf(other), fmt.Errorf("the same node is alive at %s; it is taken up when that process is gone", addressOf(existing)))
}

func addressOf(n *memberlist.Node) netip.AddrPort {
	ip, _ := netip.AddrFromSlice(slices.Clone(n.Addr))
	return netip.AddrPortFrom(ip.Unmap(), n.Port)
}

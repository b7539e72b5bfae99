package gossip

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// firstRetry is the pause after the first attempt to find others; it doubles up to a bound.
	firstRetry = 100 * time.Millisecond
	// aloneRetry bounds it while no other node is known, missingRetry while some are but not all that
	// were ever heard of: two halves that have forgotten each other find together again by this.
	aloneRetry   = 2 * time.Second
	missingRetry = 10 * time.Second
	// refusedRetry is the pause while this node is refused: it may be because its old process, at
	// another address, is not known to be dead yet.
	refusedRetry = 500 * time.Millisecond
	// joiners is how many nodes are tried at the same time.
	joiners = 8
)

// tend looks for nodes that are not there, for ever, and keeps the file of peers.
func (g *Gossip) tend(known []storedPeer) {
	slices.SortFunc(known, func(a, b storedPeer) int { return cmp.Compare(a.Node, b.Node) })
	known = slices.CompactFunc(known, func(a, b storedPeer) bool { return a.Node == b.Node })
	pause, members := firstRetry, 0
	next := time.Now()
	for {
		known = g.keep(known)
		if n := g.count(); n != members {
			pause, members = firstRetry, n
			next = earlier(next, time.Now().Add(pause))
		}
		if g.Refused() != "" {
			next = earlier(next, time.Now().Add(refusedRetry))
		}
		if !time.Now().Before(next) {
			g.look(known)
			bound := missingRetry
			switch {
			case g.Refused() != "":
				bound = refusedRetry
			case g.count() == 1:
				bound = aloneRetry
			}
			pause = min(pause, bound)
			// Nodes that were started together do not knock together for ever.
			next = time.Now().Add(pause + rand.N(pause/4))
			pause = min(2*pause, bound)
		}
		timer := time.NewTimer(time.Until(next))
		select {
		case <-g.work.context.Done():
			timer.Stop()
			return
		case <-g.work.wakeTend:
		case <-timer.C:
		}
		timer.Stop()
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// keep writes the file of peers when an address in it has changed.
func (g *Gossip) keep(known []storedPeer) []storedPeer {
	all, changed := seen(known, g.others())
	if !changed || g.config.PeersFile == "" {
		return all
	}
	if err := writePeers(g.config.PeersFile, all); err != nil {
		g.log.Warn("gossip: the addresses of the nodes were not written", "file", g.config.PeersFile, "error", err)
		return known // tried again with the next change
	}
	return all
}

// others are the nodes alive now without this one.
func (g *Gossip) others() []Member {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []Member
	for _, p := range g.peers {
		all = append(all, p.Member)
	}
	return all
}

// look tries to join every address that is known and not of a node alive; while this node is refused,
// also those of the nodes alive, which it sees and which do not see it.
func (g *Gossip) look(known []storedPeer) {
	if g.isLeaving() {
		return
	}
	missing := g.missing(known)
	if g.Refused() != "" {
		missing = append(missing, g.addresses()...)
	}
	var trying sync.WaitGroup
	slots := make(chan struct{}, joiners)
	for _, address := range missing {
		slots <- struct{}{}
		trying.Go(func() {
			defer func() { <-slots }()
			if g.work.context.Err() != nil {
				return
			}
			if _, err := g.list.Join([]string{address.String()}); err != nil {
				g.log.Debug("gossip: no node was found at "+address.String(), "error", err)
				if why := keysDiffer(err); why != nil {
					g.noteRefusal(address.String(), why.Error())
				}
			}
		})
	}
	trying.Wait()
}

func (g *Gossip) isLeaving() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.leaving
}

// addresses are those of the nodes alive.
func (g *Gossip) addresses() []netip.AddrPort {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []netip.AddrPort
	for _, p := range g.peers {
		all = append(all, p.address)
	}
	return all
}

// missing are the addresses that contact points and file name, without those of nodes alive.
func (g *Gossip) missing(known []storedPeer) []netip.AddrPort {
	here := append(g.addresses(), g.own)
	addresses := slices.Clone(g.config.ContactPoints)
	for _, p := range known {
		addresses = append(addresses, p.Address)
	}
	var missing []netip.AddrPort
	for _, address := range addresses {
		all, err := resolve(g.work.context, address)
		if err != nil {
			g.log.Debug("gossip: a contact point has no address", "error", err)
			continue
		}
		for _, a := range all {
			if !slices.Contains(here, a) && !slices.Contains(missing, a) {
				missing = append(missing, a)
			}
		}
	}
	return missing
}

// keyErrors are memberlist's errors when keys differ, and what they mean for this node.
var keyErrors = []struct{ text, meaning string }{
	{"encryption is not configured", "it encrypts its gossip, and this node has no gossip.keys"},
	{"remote state is not encrypted", "it does not encrypt its gossip, and this node does (gossip.keys)"},
	{"no installed keys could decrypt", "one of the two nodes does not know the key that the other encrypts with (gossip.keys)"},
}

// keysDiffer recognizes in an error that the other side has other keys or none; nil: it is another one.
func keysDiffer(err error) error {
	for _, k := range keyErrors {
		if strings.Contains(err.Error(), k.text) {
			return errors.New(k.meaning)
		}
	}
	return nil
}

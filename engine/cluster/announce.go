package cluster

import (
	"context"
	"slices"
	"time"

	"github.com/payhub/payhub/engine/nodepb"
)

const (
	// announceTimeout bounds one announcement; it is made again until it arrives.
	announceTimeout = time.Second
	// firstAnnounceRest and lastAnnounceRest are how long it rests after one that did not.
	firstAnnounceRest = 25 * time.Millisecond
	lastAnnounceRest  = time.Second
)

// startTeller starts what keeps a peer informed, unless it runs. roster.mu is held.
func (o *roster) startTeller(p *peer) {
	if p.telling {
		return
	}
	ctx, cancel := context.WithCancel(o.r.ctx)
	p.stop = cancel
	p.telling = o.r.spawn(func() { o.teller(ctx, p) })
}

// teller tells a peer what this node is, each time that changes, until it has arrived.
func (o *roster) teller(ctx context.Context, p *peer) {
	for {
		select {
		case <-p.tell:
		case <-ctx.Done():
			return
		}
		for rest := firstAnnounceRest; !o.announce(ctx, p); rest = min(2*rest, lastAnnounceRest) {
			select {
			case <-time.After(rest):
			case <-ctx.Done():
				return
			}
		}
	}
}

// announce tells a peer what this node is now and learns the same of the peer.
func (o *roster) announce(ctx context.Context, p *peer) bool {
	ctx, cancel := context.WithTimeout(o.introduced(ctx), announceTimeout)
	defer cancel()
	answer, err := p.client.Announce(ctx, o.state())
	if err != nil {
		return false
	}
	o.heard(answer)
	return true
}

// Announce implements nodepb.NodeServer.
func (s *service) Announce(_ context.Context, state *nodepb.NodeState) (*nodepb.NodeState, error) {
	s.r.roster.heard(state)
	return s.r.roster.state(), nil
}

// state is what this node says of itself, and who leads the partitions that it has replicas of.
func (o *roster) state() *nodepb.NodeState {
	o.mu.Lock()
	sequence := o.sequence
	o.mu.Unlock()
	state := &nodepb.NodeState{
		ServerId: o.r.config.ServerID, NodeId: o.r.config.NodeID, Start: o.start, Sequence: sequence,
	}
	hosted := map[int32]bool{}
	for _, p := range o.r.replicas() {
		hosted[p.ID] = true
		state.Partitions = append(state.Partitions, &nodepb.PartitionState{Id: p.ID, Role: rolesOnWire[p.Role], Unhealthy: !p.Healthy})
	}
	for id, leader := range o.r.table.all() {
		if !hosted[id] { // others say that: with all of them the news of a change would grow with the cluster's square
			continue
		}
		state.Leaderships = append(state.Leaderships, &nodepb.Leadership{Partition: id, Term: leader.term, ServerId: leader.server})
	}
	return state
}

// heard takes what another node says of itself; the newest counts.
func (o *roster) heard(state *nodepb.NodeState) {
	o.mu.Lock()
	known := o.states[state.GetServerId()]
	news := known == nil || state.GetStart() > known.GetStart() ||
		state.GetStart() == known.GetStart() && state.GetSequence() > known.GetSequence()
	if news {
		o.states[state.GetServerId()] = state
	}
	o.mu.Unlock()
	for _, l := range state.GetLeaderships() {
		o.r.learn(l.GetPartition(), leadership{l.GetTerm(), l.GetServerId()})
	}
	if news {
		o.r.topologyChanged()
	}
}

// replicasOf is what a peer last said of its replicas, by partition.
func (o *roster) replicasOf(server string) []BrokerPartition {
	o.mu.Lock()
	state := o.states[server]
	o.mu.Unlock()
	var all []BrokerPartition
	for _, p := range state.GetPartitions() {
		role := Role(slices.Index(rolesOnWire[:], p.GetRole()))
		all = append(all, BrokerPartition{ID: p.GetId(), Role: role, Healthy: !p.GetUnhealthy()})
	}
	return all
}

var rolesOnWire = [...]nodepb.Role{Leader: nodepb.Role_ROLE_LEADER, Follower: nodepb.Role_ROLE_FOLLOWER, Inactive: nodepb.Role_ROLE_INACTIVE}

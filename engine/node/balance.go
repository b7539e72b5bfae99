package node

import (
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/cluster/placement"
)

const (
	balanceInterval = 5 * time.Second
	// handBackAfter is the usual Config.HandBackAfter.
	handBackAfter = 15 * time.Second
)

// balance hands partitions to the nodes that should lead them, once these have caught up for a while.
func (n *Node) balance() {
	defer n.tasks.Done()
	after := n.config.HandBackAfter
	if after <= 0 {
		after = handBackAfter
	}
	tick := time.NewTicker(min(balanceInterval, after))
	defer tick.Stop()
	since := map[int32]time.Time{}
	for {
		select {
		case <-n.ctx.Done():
			return
		case <-tick.C:
		}
		for _, h := range n.Hosted() {
			if _, better := n.better(h); !better {
				delete(since, h.ID)
				continue
			}
			if since[h.ID].IsZero() {
				since[h.ID] = time.Now()
			}
			if time.Since(since[h.ID]) >= after {
				delete(since, h.ID)
				n.handBack(h)
			}
		}
	}
}

// Rebalance hands every partition that this node leads and should not to the node that should. It
// does what can be done now: a node that has not caught up gets nothing.
func (n *Node) Rebalance() {
	for _, h := range n.Hosted() {
		n.handBack(h)
	}
}

func (n *Node) handBack(h *Hosted) {
	to, better := n.better(h)
	if !better {
		return
	}
	if err := h.Replica.TransferTo(to); err != nil {
		n.config.Logger.Warn("leadership could not be handed over", "partition", h.ID, "to", to, "error", err)
		return
	}
	n.config.Logger.Info("leadership handed to the node that should lead", "partition", h.ID, "to", to)
}

// better is who should lead a partition that this node leads, if that one is there, has caught up and has
// a disk that is fit for it.
func (n *Node) better(h *Hosted) (to raft.ServerID, better bool) {
	if !h.Partition.Leads() {
		return "", false
	}
	c := n.configuration()
	p, ok := c.Partition(h.ID)
	if !ok {
		return "", false
	}
	r, ok := p.On(p.Leader())
	to = raft.ServerID(placement.ServerID(r.Node, r.Generation))
	if !ok || r.Node == n.config.ID || !h.Replica.Voter(to) || !n.seen(r.Node, r.Generation) {
		return "", false
	}
	if disks := h.disks.Load(); disks == nil || disks.bad(to) { // nil: nobody has looked yet
		return "", false // it would hand the partition over again
	}
	caughtUp, _ := h.Replica.CaughtUp(to)
	return to, caughtUp
}

// handOver gives leadership away before the node ends, so that nobody waits for an election.
func (n *Node) handOver() {
	if n.config.single() {
		return
	}
	for _, h := range n.Hosted() {
		if !h.Partition.Leads() {
			continue
		}
		if err := h.Replica.TransferLeadership(); err != nil {
			n.config.Logger.Info("leadership could not be handed over before the end", "partition", h.ID, "error", err)
		}
	}
}

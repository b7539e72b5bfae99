package node

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/cluster/placement"
)

const (
	// alignInterval is how often a leader compares its members with the configuration.
	alignInterval = 500 * time.Millisecond
	// alignAfter is how long a difference must have been there: what other nodes decided may be on its way.
	alignAfter = 2 * time.Second
)

// align brings the members of the partitions that this node leads back to the configuration: what a
// change has begun that was cancelled, or a recovery has left out, is undone or done here.
func (n *Node) align() {
	defer n.tasks.Done()
	tick := time.NewTicker(alignInterval)
	defer tick.Stop()
	since := map[int32]time.Time{}
	for {
		select {
		case <-n.ctx.Done():
			return
		case <-tick.C:
		}
		for _, h := range n.Hosted() {
			step, differs := n.nextMember(h)
			if !differs {
				delete(since, h.ID)
				continue
			}
			if since[h.ID].IsZero() {
				since[h.ID] = time.Now()
			}
			if time.Since(since[h.ID]) < alignAfter {
				continue
			}
			if err := step(); err != nil && n.ctx.Err() == nil {
				n.config.Logger.Warn("the partition's members are not those of the configuration yet; this is tried again", "partition", h.ID, "error", err)
			}
		}
	}
}

// nextMember is what brings the members of a partition nearer to the configuration; differs is false
// where they agree, where another node leads, and for the replica that the operation under way is about.
func (n *Node) nextMember(h *Hosted) (step func() error, differs bool) {
	c := n.configuration()
	p, ok := c.Partition(h.ID)
	if !ok || !h.Partition.Leads() {
		return nil, false
	}
	var subject raft.ServerID
	if o, ok := c.Current(); ok && o.Partition == h.ID {
		subject = raft.ServerID(placement.ServerID(o.Node, o.Generation))
	}
	members, wanted := h.Replica.Members(), map[raft.ServerID]bool{}
	for _, r := range p.Replicas {
		wanted[raft.ServerID(r.ServerID())] = true
	}
	for _, r := range p.Replicas {
		id := raft.ServerID(r.ServerID())
		switch {
		case id == subject || h.Replica.Voter(id):
		case !member(members, id):
			return func() error { return n.report(h, "added", id, h.Replica.AddNonvoter(id)) }, true
		default:
			return func() error { return n.giveVote(h, id) }, true
		}
	}
	for _, s := range members.Servers {
		if !wanted[s.ID] && s.ID != subject {
			return func() error { return n.dropMember(h, s.ID, wanted) }, true
		}
	}
	return nil, false
}

// giveVote makes a member a voter that has caught up; one that has not is waited for.
func (n *Node) giveVote(h *Hosted, id raft.ServerID) error {
	if caughtUp, _ := h.Replica.CaughtUp(id); !caughtUp {
		return nil
	}
	return n.report(h, "given a vote", id, h.Replica.AddVoter(id))
}

// dropMember removes a member; this node itself hands leadership over, and its heir removes it.
func (n *Node) dropMember(h *Hosted, id raft.ServerID, heirs map[raft.ServerID]bool) error {
	if id != n.log.ServerID() {
		return n.report(h, "removed", id, h.Replica.Remove(id))
	}
	for heir := range heirs {
		if caughtUp, _ := h.Replica.CaughtUp(heir); caughtUp && h.Replica.Voter(heir) {
			return h.Replica.TransferTo(heir)
		}
	}
	return errors.New("nobody who belongs to the partition can lead it yet")
}

func (n *Node) report(h *Hosted, what string, id raft.ServerID, err error) error {
	if err == nil {
		n.config.Logger.Info("a member of the partition was "+what+", as the configuration says", "partition", h.ID, "member", id)
	}
	return err
}

// mayForget tells whether a partition's copy on this node is no longer needed: the partition's leader
// says that this node is no member. A copy that has a vote must not vanish before.
func (n *Node) mayForget(h *Hosted) error {
	if _, known := n.configuration().Partition(h.ID); !known || n.config.single() {
		return nil // it was being started, and that was cancelled
	}
	ctx, cancel := context.WithTimeout(n.ctx, operationCall)
	defer cancel()
	var progress memberProgress
	request := memberRequest{Partition: h.ID, Server: string(n.log.ServerID())}
	if err := n.askLeader(ctx, h.ID, manageMembers, request, &progress); err != nil {
		return err
	}
	if progress.Member {
		return errors.New("the partition's leader has not removed this node yet")
	}
	return nil
}

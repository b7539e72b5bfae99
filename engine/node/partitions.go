package node

import (
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/cluster/placement"
)

// Hosted lists the partitions that this node holds, by their numbers.
func (n *Node) Hosted() []*Hosted {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := make([]*Hosted, 0, len(n.hosted))
	for _, h := range n.hosted {
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b *Hosted) int { return int(a.ID - b.ID) })
	return list
}

// partition is one that this node holds, nil if it does not.
func (n *Node) partition(id int32) *Hosted {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.hosted[id]
}

// reconcile opens and closes partitions so that they are those of the configuration.
func (n *Node) reconcile() error {
	n.rescue.arranging.Lock()
	defer n.rescue.arranging.Unlock()
	c := n.configuration()
	wanted := map[int32]placement.Hosting{}
	for _, h := range c.Hosted(n.config.ID, n.generation()) {
		if !n.rescue.held[h.Partition] {
			wanted[h.Partition] = h
		}
	}
	var gone []*Hosted
	for _, h := range n.Hosted() {
		if _, keep := wanted[h.ID]; keep {
			delete(wanted, h.ID)
			continue
		}
		gone = append(gone, h)
	}
	ids := make([]int32, 0, len(wanted))
	for id := range wanted {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		h, err := n.openPartition(id, n.voters(c, wanted[id]))
		if err != nil {
			return err
		}
		n.mu.Lock()
		n.hosted[id] = h
		n.mu.Unlock()
		if n.config.Opened != nil {
			n.config.Opened(h)
		}
	}
	return n.giveUp(gone)
}

// giveUp closes partitions that this node no longer has, and removes its copies of them.
func (n *Node) giveUp(gone []*Hosted) error {
	for _, h := range gone {
		if n.abandoned(n.configuration()) { // its data is evidence
			if err := n.closePartition(h); err != nil {
				return err
			}
			continue
		}
		if err := n.mayForget(h); err != nil {
			return fmt.Errorf("the copy of partition %d is kept until this node is no longer a member of it: %w", h.ID, err)
		}
		n.config.Logger.Info("this node no longer has the partition: its copy is removed", "partition", h.ID)
		if err := n.closePartition(h); err != nil {
			return err
		}
		if err := n.log.Forget(uint16(h.ID)); err != nil {
			return err
		}
	}
	return nil
}

// voters are the members that a partition begins with, if this is its beginning: the formation's, or
// this node alone for a partition that is added. Others are added by the partition's leader.
func (n *Node) voters(c *placement.Configuration, h placement.Hosting) []raft.Server {
	voter := func(id string) raft.Server {
		return raft.Server{Suffrage: raft.Voter, ID: raft.ServerID(id), Address: raft.ServerAddress(id)}
	}
	if h.Alone {
		return []raft.Server{voter(string(n.log.ServerID()))}
	}
	if c.Version != 1 && !n.isRestored(h.Partition) {
		return nil
	}
	p, _ := c.Partition(h.Partition)
	voters := make([]raft.Server, 0, len(p.Replicas))
	for _, r := range p.Replicas {
		voters = append(voters, voter(r.ServerID()))
	}
	return voters
}

// closePartition ends a partition on this node.
func (n *Node) closePartition(h *Hosted) error {
	n.mu.Lock()
	delete(n.hosted, h.ID)
	n.mu.Unlock()
	n.router.Remove(h.ID)
	if n.config.Closed != nil {
		n.config.Closed(h)
	}
	err := h.close()
	if n.link != nil {
		n.link.CloseRaft(uint16(h.ID))
	}
	return err
}

// reconcileRetry is the wait after partitions could not be opened or closed.
const reconcileRetry = time.Second

// follow keeps the node's partitions those of the configuration until the node closes.
func (n *Node) follow() {
	defer n.tasks.Done()
	for {
		select {
		case <-n.ctx.Done():
			return
		case <-n.reconfigured:
		}
		if err := n.reconcile(); err != nil && n.ctx.Err() == nil {
			n.config.Logger.Error("the node's partitions do not follow the configuration; this is tried again", "error", err)
			select {
			case <-time.After(reconcileRetry):
				wake(n.reconfigured)
			case <-n.ctx.Done():
				return
			}
		}
	}
}

// Ready is an error while the node does not serve: it says what it waits for.
func (n *Node) Ready() error {
	c := n.configuration()
	if c == nil {
		return fmt.Errorf("the cluster is not formed yet")
	}
	if n.abandoned(c) {
		return &AbandonedError{string(n.log.ServerID())}
	}
	expected, err := c.Expected()
	if err != nil {
		return err
	}
	for _, wanted := range expected.Hosted(n.config.ID, n.generation()) {
		h := n.partition(wanted.Partition)
		if h == nil {
			return fmt.Errorf("partition %d is not on this node yet", wanted.Partition)
		}
		if h.Replica.Leader() == "" {
			return fmt.Errorf("partition %d has no leader: a majority of its nodes must be up", wanted.Partition)
		}
	}
	return nil
}

package raftlog

import (
	"fmt"
	"os"
)

// Forget removes what a partition has on this node, whose replica is closed and was removed from the
// partition's members: its state and its log. The replica may come to the node again later.
func (n *Node) Forget(partition uint16) error {
	for _, r := range n.open() {
		if r.config.Partition == partition {
			return fmt.Errorf("raftlog: partition %d is open on this node; it cannot be forgotten", partition)
		}
	}
	if err := os.RemoveAll(n.partitionDir(partition)); err != nil {
		return fmt.Errorf("raftlog: forget partition %d: %w", partition, err)
	}
	return n.log.Partition(partition).clear()
}

// clear removes all entries; the next one is the first of all. Raft's own values stay: what was
// promised in a term stays promised.
func (v *PartitionLog) clear() error {
	err := v.Reset(0)
	v.log.mu.Lock()
	v.keep = 0
	v.log.mu.Unlock()
	return err
}

package raftlog

import (
	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/record"
)

// HashAt is the chain hash of the partition's log at an applied index: of the last batch at or
// before it, which stands for everything before that. Replicas that give different hashes for the
// same index have diverged. ok is false when the entry is not applied yet or no longer in the log.
func (r *Replica) HashAt(index uint64) (hash [record.HashSize]byte, ok bool) {
	lock := r.store.RLocker()
	lock.Lock()
	applied := r.store.AppliedIndex()
	if index == applied {
		value, _ := r.store.Get([]byte(record.HashRowKey))
		copy(hash[:], value)
		lock.Unlock()
		return hash, true
	}
	lock.Unlock()
	if index > applied {
		return hash, false
	}
	for ; index > 0; index-- {
		var l raft.Log
		if err := r.view.Read(index, &l); err != nil {
			return hash, false
		}
		if l.Type == raft.LogCommand && decidedIn(&l) == l.Term && len(l.Data) >= record.HashSize {
			copy(hash[:], l.Data[len(l.Data)-record.HashSize:])
			return hash, true
		}
	}
	return hash, true // before the first batch
}

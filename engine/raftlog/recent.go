package raftlog

import (
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

const (
	// recentEntries is how many of the newest entries a partition keeps in memory, recentSize the largest
	// one kept: at most 2 MiB for each partition, and usually much less.
	recentEntries = 16
	recentSize    = 128 << 10
)

// recent is a partition's log as raft sees it, with the newest entries in memory. Raft reads each entry
// about seven times when three nodes replicate it: the leader reads it and the one before it for each
// follower, and followers read what they apply.
type recent struct {
	*PartitionLog

	mu      sync.Mutex
	entries [recentEntries]raft.Log // by index
}

// StoreLog appends one entry and returns when it is on disk.
func (r *recent) StoreLog(l *raft.Log) error { return r.StoreLogs([]*raft.Log{l}) }

// StoreLogs appends entries without gaps and returns when they are on disk.
func (r *recent) StoreLogs(logs []*raft.Log) error {
	if err := r.PartitionLog.StoreLogs(logs); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range logs[max(0, len(logs)-recentEntries):] {
		kept := &r.entries[l.Index%recentEntries]
		if *kept = (raft.Log{}); len(l.Data) <= recentSize {
			*kept = *l
			kept.AppendedAt = time.Unix(0, l.AppendedAt.UnixNano()) // as it is read from disk
		}
	}
	return nil
}

// GetLog reads an entry that raft sees; raft.ErrLogNotFound otherwise. What is in memory counts only
// while the log holds an entry of that index and term: then it is the same one.
func (r *recent) GetLog(index uint64, out *raft.Log) error {
	r.mu.Lock()
	kept := r.entries[index%recentEntries]
	r.mu.Unlock()
	if kept.Index == index && index > 0 && r.holdsEntry(index, kept.Term) {
		*out = kept
		return nil
	}
	return r.PartitionLog.GetLog(index, out)
}

// holdsEntry tells whether raft sees an entry of an index and a term.
func (v *PartitionLog) holdsEntry(index, term uint64) bool {
	v.log.mu.Lock()
	defer v.log.mu.Unlock()
	return index > v.hidden && index >= v.first && index <= v.last() && v.places[index-v.first].term == term
}

package raftlog

import (
	"github.com/hashicorp/raft"
)

// Partitions share segments, so that one entry of a partition that rests would keep the entries of
// all others around it on the disk for ever. Such entries are written again, at the end of the log:
// then nothing needs the old segment.
const (
	// carryFrom is how many segments there are before any is looked at.
	carryFrom = 4
	// carryShare is the part of a segment, 1/n, that may be written again to give the whole of it back.
	carryShare = 4
)

// carried are entries of one partition that are to be written again.
type carried struct {
	view   *PartitionLog
	places []place // of the entries from first on, as they stand now
	first  uint64
	logs   []*raft.Log
}

// carryForward gives the oldest segment back when little in it is needed. It returns the partitions
// that need too much of it: a snapshot of theirs would help.
func (l *Log) carryForward() (pinned []uint16, err error) {
	plans, pinned := l.planCarry()
	for i := range plans {
		if err := plans[i].read(); err != nil {
			return nil, err
		}
	}
	if len(plans) == 0 {
		return pinned, nil
	}
	if err := l.commit(func(g *group) error {
		for i := range plans {
			plans[i].write(g)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	return pinned, l.prune()
}

// planCarry finds what keeps the oldest segment. A partition's entries are written again from the
// first that is needed to its last, since a log has no gaps.
func (l *Log) planCarry() (plans []carried, pinned []uint16) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.segs) < carryFrom || l.usable() != nil {
		return nil, nil
	}
	oldest, budget := l.segs[0], l.segs[0].size/carryShare
	for _, id := range l.partitions() {
		v := l.views[id]
		if oldest.newest[id] < v.needed() {
			continue
		}
		from := max(v.needed(), v.first)
		bytes := int64(0)
		for i := from; i <= v.last() && bytes <= budget; i++ {
			bytes += int64(pad(v.places[i-v.first].size))
		}
		if bytes > budget || v.pending > 0 {
			pinned = append(pinned, id)
			continue
		}
		budget -= bytes
		plans = append(plans, carried{view: v, first: from, places: append([]place(nil), v.places[from-v.first:]...)})
	}
	if len(pinned) > 0 { // the segment stays anyway
		return nil, pinned
	}
	return plans, nil
}

// read reads the entries, each verified.
func (c *carried) read() error {
	for i := range c.places {
		var entry raft.Log
		if err := c.view.Read(c.first+uint64(i), &entry); err != nil {
			return err
		}
		c.logs = append(c.logs, &entry)
	}
	return nil
}

// write adds the entries to a frame, unless the partition's log has changed since they were read, or
// is about to. The log's lock is held.
func (c *carried) write(g *group) {
	v := c.view
	if v.pending > 0 || v.last() != c.first+uint64(len(c.places))-1 || v.first > c.first {
		return
	}
	for i := range c.places {
		if v.places[c.first-v.first+uint64(i)] != c.places[i] {
			return
		}
	}
	for i, entry := range c.logs {
		r := entryRec(v.id, entry)
		r.kind = kindAgain
		g.add(v, &r)
		g.entries[len(g.entries)-1].instead = &c.places[i]
		v.pending--
	}
}

// replace notes that an entry was written again and stands elsewhere, unless it is gone meanwhile.
func (v *PartitionLog) replace(index uint64, old, now place) {
	if index >= v.first && index <= v.last() && v.places[index-v.first] == old {
		v.places[index-v.first] = now
		now.seg.newest[v.id] = max(now.seg.newest[v.id], index)
	}
	for _, seg := range v.log.segs { // all that follow it come again too: no other segment has any of them
		if seg != now.seg && seg.newest[v.id] >= index {
			seg.newest[v.id] = index - 1
		}
	}
}

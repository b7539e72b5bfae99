package raftlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/hashicorp/raft"
)

// place is where an entry stands.
type place struct {
	seg    *segment
	offset int64
	size   int
	term   uint64
}

// PartitionLog is one partition's view of the node's log: raft's log store and its stable store.
//
// Entries that raft deletes from the front are hidden from it but stay readable with Read until the
// export limit has passed them.
type PartitionLog struct {
	log *Log
	id  uint16

	// all guarded by Log.mu
	first  uint64  // index of places[0]
	places []place // without gaps
	hidden uint64  // raft sees entries above this only
	keep   uint64  // entries up to here are exported; math.MaxUint64: nobody exports
	stable map[string][]byte
	holds  []*hold // readers of entries

	pending int // entries on their way to the disk

	runs atomic.Bool // raft runs on this view
}

// view finds or makes the view of a partition; Log.mu is held, or the log is being opened.
func (l *Log) view(id uint16) *PartitionLog {
	v := l.views[id]
	if v == nil {
		v = &PartitionLog{log: l, id: id, first: 1, stable: map[string][]byte{}}
		l.views[id] = v
	}
	return v
}

// Partition is the view of a partition.
func (l *Log) Partition(id uint16) *PartitionLog {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.view(id)
}

// partitions are the known ones, in order.
func (l *Log) partitions() []uint16 {
	ids := make([]uint16, 0, len(l.views))
	for id := range l.views {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (v *PartitionLog) last() uint64 { return v.first + uint64(len(v.places)) - 1 }

// place notes where an entry stands.
func (v *PartitionLog) place(index uint64, p place) {
	if len(v.places) == 0 {
		v.first = index
	}
	v.places = append(v.places[:index-v.first], p)
	p.seg.newest[v.id] = max(p.seg.newest[v.id], index)
}

// cut voids the entries from index on.
func (v *PartitionLog) cut(index uint64) {
	if index <= v.last() {
		v.places = v.places[:max(index, v.first)-v.first]
	}
}

// hide takes the entries before index from raft's sight.
func (v *PartitionLog) hide(index uint64) { v.hidden = max(v.hidden, index-1) }

// reset forgets all entries; the next one has an index above the given one.
func (v *PartitionLog) reset(index uint64) {
	v.places, v.first, v.hidden = nil, index+1, index
}

// needed is the lowest index whose entry must be kept.
func (v *PartitionLog) needed() uint64 {
	need := min(v.hidden, v.keep) + 1
	for _, h := range v.holds {
		need = min(need, h.from)
	}
	return need
}

// forget drops the places of entries that nobody needs and whose segment goes away.
func (v *PartitionLog) forget(through uint64) {
	if through < v.first {
		return
	}
	n := min(through-v.first+1, uint64(len(v.places)))
	v.places = append([]place(nil), v.places[n:]...)
	v.first += n
}

// carry is what the first frame of a segment says about the partition.
func (v *PartitionLog) carry() []rec {
	recs := []rec{{kind: kindHide, partition: v.id, index: v.hidden + 1}}
	names := make([]string, 0, len(v.stable))
	for name := range v.stable {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		recs = append(recs, rec{kind: kindStable, partition: v.id, ext: []byte(name), data: v.stable[name]})
	}
	return recs
}

// FirstIndex is the first index that raft sees, 0 if it sees none.
func (v *PartitionLog) FirstIndex() (uint64, error) {
	v.log.mu.Lock()
	defer v.log.mu.Unlock()
	first := max(v.first, v.hidden+1)
	if first > v.last() {
		return 0, nil
	}
	return first, nil
}

// LastIndex is the last index that raft sees, 0 if it sees none.
func (v *PartitionLog) LastIndex() (uint64, error) {
	v.log.mu.Lock()
	defer v.log.mu.Unlock()
	if v.last() <= v.hidden || len(v.places) == 0 {
		return 0, nil
	}
	return v.last(), nil
}

// GetLog reads an entry that raft sees; raft.ErrLogNotFound otherwise.
//
// Raft panics when it cannot read a committed entry; its goroutine ends instead, as in Set.
func (v *PartitionLog) GetLog(index uint64, out *raft.Log) error {
	v.log.mu.Lock()
	seen := index > v.hidden
	v.log.mu.Unlock()
	if !seen {
		return raft.ErrLogNotFound
	}
	err := v.Read(index, out)
	if err != nil && !errors.Is(err, raft.ErrLogNotFound) && v.runs.Load() {
		runtime.Goexit()
	}
	return err
}

// term is the term of an entry.
func (v *PartitionLog) term(index uint64) (uint64, bool) {
	v.log.mu.Lock()
	defer v.log.mu.Unlock()
	if index < v.first || index > v.last() {
		return 0, false
	}
	return v.places[index-v.first].term, true
}

// Read reads an entry, also one that is hidden from raft; raft.ErrLogNotFound when it is not there.
// Its checksum is verified each time; damage is latched, for this node must not go on with it.
func (v *PartitionLog) Read(index uint64, out *raft.Log) error {
	v.log.mu.Lock()
	if index < v.first || index > v.last() {
		v.log.mu.Unlock()
		return raft.ErrLogNotFound
	}
	p := v.places[index-v.first]
	v.log.mu.Unlock()
	buf := make([]byte, p.size)
	if err := p.seg.readAt(buf, p.offset); err != nil {
		if errors.Is(err, errGone) {
			return raft.ErrLogNotFound
		}
		return v.log.fail(fmt.Errorf("read from %s: %w", p.seg.name, err))
	}
	r, _, ok := parseRec(buf)
	if !ok || r.kind != kindEntry && r.kind != kindAgain || r.index != index || r.partition != v.id {
		return v.log.fail(&DamagedError{
			File: p.seg.name, Offset: p.offset,
			Reason: fmt.Sprintf("entry %d of partition %d does not match its checksum", index, v.id),
		})
	}
	r.fill(out)
	return nil
}

// StoreLog appends one entry and returns when it is on disk.
func (v *PartitionLog) StoreLog(l *raft.Log) error { return v.StoreLogs([]*raft.Log{l}) }

// StoreLogs appends entries without gaps and returns when they are on disk.
func (v *PartitionLog) StoreLogs(logs []*raft.Log) error {
	if len(logs) == 0 {
		return nil
	}
	return v.log.commit(func(g *group) error {
		if last := v.last(); len(v.places) > 0 && logs[0].Index != last+1 {
			if v.hidden < last {
				return fmt.Errorf("raftlog: entry %d cannot follow entry %d of partition %d", logs[0].Index, last, v.id)
			}
			g.add(v, &rec{kind: kindReset, partition: v.id, index: logs[0].Index - 1}) // a state was installed
			v.reset(logs[0].Index - 1)
		}
		for _, l := range logs {
			r := entryRec(v.id, l)
			g.add(v, &r)
		}
		return nil
	})
}

// DeleteRange removes entries from one of the ends: from the front they are hidden (and kept for
// exporters), at the end they are void.
func (v *PartitionLog) DeleteRange(from, to uint64) error {
	err := v.log.commit(func(g *group) error {
		first, last := max(v.first, v.hidden+1), v.last()
		switch {
		case from > last || to < first:
		case from <= first:
			to = min(to, last)
			g.add(v, &rec{kind: kindHide, partition: v.id, index: to + 1})
			v.hide(to + 1)
		case to >= last:
			g.add(v, &rec{kind: kindCut, partition: v.id, index: from})
			v.cut(from)
		default:
			return fmt.Errorf("raftlog: entries %d to %d lie in the middle of %d to %d", from, to, first, last)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.log.prune()
}

// Reset removes all entries; the next one follows index. A state installed from another node, which
// is ahead of this log, needs it.
func (v *PartitionLog) Reset(index uint64) error {
	err := v.log.commit(func(g *group) error {
		g.add(v, &rec{kind: kindReset, partition: v.id, index: index})
		v.reset(index)
		return nil
	})
	if err != nil {
		return err
	}
	return v.log.prune()
}

// IsMonotonic tells raft that entries have no gaps.
func (v *PartitionLog) IsMonotonic() bool { return true }

// Keep says up to which index entries are exported; those that raft no longer sees either are
// removed. math.MaxUint64 means that nobody exports.
func (v *PartitionLog) Keep(exported uint64) error {
	v.log.mu.Lock()
	v.keep = max(v.keep, exported)
	v.log.mu.Unlock()
	return v.log.prune()
}

// Oldest is the lowest index that Read finds, 0 if there is none.
func (v *PartitionLog) Oldest() uint64 {
	v.log.mu.Lock()
	defer v.log.mu.Unlock()
	if len(v.places) == 0 {
		return 0
	}
	return v.first
}

// newest is the highest index there is, seen by raft or not; 0 if there is none.
func (v *PartitionLog) newest() uint64 {
	v.log.mu.Lock()
	defer v.log.mu.Unlock()
	return v.last()
}

// errNotFound has the text by which raft knows a missing value.
var errNotFound = errors.New("not found")

// Set stores one of raft's own values and returns when it is on disk.
//
// Raft panics when it cannot save its term. Once it runs, its goroutine ends instead: the log has
// latched the error and told the owner, who ends the process with that as the reason; until then
// nothing is voted for or acknowledged.
func (v *PartitionLog) Set(key, value []byte) error {
	kept := append([]byte{}, value...)
	err := v.log.commit(func(g *group) error {
		g.add(v, &rec{kind: kindStable, partition: v.id, ext: key, data: kept})
		v.stable[string(key)] = kept
		return nil
	})
	if err != nil && v.runs.Load() {
		runtime.Goexit()
	}
	return err
}

// Get reads one of raft's own values.
func (v *PartitionLog) Get(key []byte) ([]byte, error) {
	v.log.mu.Lock()
	defer v.log.mu.Unlock()
	value, ok := v.stable[string(key)]
	if !ok {
		return nil, errNotFound
	}
	return value, nil
}

// SetUint64 stores one of raft's own numbers.
func (v *PartitionLog) SetUint64(key []byte, n uint64) error {
	return v.Set(key, binary.BigEndian.AppendUint64(nil, n))
}

// GetUint64 reads one of raft's own numbers.
func (v *PartitionLog) GetUint64(key []byte) (uint64, error) {
	value, err := v.Get(key)
	if err != nil {
		return 0, err
	}
	if len(value) != 8 {
		return 0, fmt.Errorf("raftlog: %s of partition %d is not a number", key, v.id)
	}
	return binary.BigEndian.Uint64(value), nil
}

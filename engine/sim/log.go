package sim

// raftLog is a replica's log as its process sees it: what is on the disk and what is on its way there.
type raftLog struct {
	disk     *disk
	image    *image
	first    uint64 // index of the first entry
	entries  []*entry
	baseTerm uint64 // term of the entry before the first, 0 if that is not known
	hidden   uint64 // entries up to here are kept for exporters only: followers that need them get a snapshot
}

// openLog reads the log from the disk.
func openLog(d *disk, m *image) *raftLog {
	n := m.store.base.note
	l := &raftLog{disk: d, image: m, first: m.first, entries: append([]*entry(nil), m.entries...)}
	if n.index+1 == m.first {
		l.baseTerm = n.term
	}
	l.hidden = m.first - 1
	return l
}

func (l *raftLog) last() uint64 { return l.first + uint64(len(l.entries)) - 1 }

// at is an entry, nil where there is none.
func (l *raftLog) at(index uint64) *entry {
	if index < l.first || index > l.last() {
		return nil
	}
	return l.entries[index-l.first]
}

// term is the term of an entry; ok is false when it is not known any more, or not yet.
func (l *raftLog) term(index uint64) (term uint64, ok bool) {
	if e := l.at(index); e != nil {
		return e.term, true
	}
	if index+1 == l.first && (l.baseTerm > 0 || index == 0) {
		return l.baseTerm, true
	}
	return 0, false
}

// lastTerm is the term of the last entry.
func (l *raftLog) lastTerm() uint64 {
	term, _ := l.term(l.last())
	return term
}

// append writes entries; what was from the first one's index on is cut off.
func (l *raftLog) append(entries []*entry) {
	at := int(entries[0].index - l.first)
	if at < len(l.entries) { // messages on their way may still refer to what is cut off
		l.entries = append([]*entry(nil), l.entries[:at]...)
	}
	l.entries = append(l.entries, entries...)
	l.disk.append(l.image, entries)
}

// slice lists entries from an index on, n at most.
func (l *raftLog) slice(from uint64, n int) []*entry {
	if from > l.last() {
		return nil
	}
	at := int(from - l.first)
	to := min(at+n, len(l.entries))
	return l.entries[at:to:to]
}

// shorten removes the entries before an index.
func (l *raftLog) shorten(first uint64) {
	if first <= l.first {
		return
	}
	l.baseTerm, _ = l.term(first - 1)
	l.entries = append([]*entry(nil), l.entries[first-l.first:]...)
	l.first = first
	l.disk.shorten(l.image, first)
}

// reset begins the log anew behind a state that came from another node, with the entries that exporters still need.
func (l *raftLog) reset(first uint64, entries []*entry, baseTerm uint64) {
	l.first, l.entries, l.baseTerm = first, append([]*entry(nil), entries...), baseTerm
	l.hidden = l.last()
}

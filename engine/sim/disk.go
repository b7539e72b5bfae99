package sim

// disk is a node's: one log for all its partitions, written in operations, each of which is there whole or not at all
// (a frame with a checksum), in order, and surely only after a sync.
type disk struct {
	n       *node
	images  []*image // by partition; nil where the node has no replica
	written []operation
	flight  []operation // written, being synced
	busy    bool
	waiting []func()
	latency int64 // of a sync, in microseconds
	full    bool
	failing bool // the next sync fails
}

// image is what is on the disk of one partition.
type image struct {
	term    uint64
	vote    serverID
	first   uint64 // index of the first entry
	entries []*entry
	damaged bool // a bit has flipped; found when it is read
	store   *store
}

// last is the index of the last entry.
func (m *image) last() uint64 { return m.first + uint64(len(m.entries)) - 1 }

// holds tells whether an entry is on the disk.
func (m *image) holds(index, term uint64) bool {
	return !m.damaged && index >= m.first && index <= m.last() && m.entries[index-m.first].term == term
}

// operation is one frame of the log.
type operation struct {
	image *image
	apply func(*image)
	torn  func(*image, int) // applies the first n parts of it; nil if it is there whole or not at all
	parts int
}

// write puts an operation behind the others.
func (d *disk) write(o operation) { d.written = append(d.written, o) }

// append writes entries, which replace what was from the first one's index on.
func (d *disk) append(m *image, entries []*entry) {
	d.write(operation{
		image: m, parts: len(entries),
		apply: func(m *image) { m.put(entries) },
		torn:  func(m *image, n int) { m.put(entries[:n]) },
	})
}

func (m *image) put(entries []*entry) {
	for _, e := range entries {
		at := int(e.index - m.first)
		m.entries = append(m.entries[:at], e)
	}
}

// promise writes the term and the vote.
func (d *disk) promise(m *image, term uint64, vote serverID) {
	d.write(operation{image: m, apply: func(m *image) { m.term, m.vote = term, vote }})
}

// shorten removes the entries before an index.
func (d *disk) shorten(m *image, first uint64) {
	d.write(operation{image: m, apply: func(m *image) {
		if first > m.first && first <= m.last()+1 {
			m.entries = append([]*entry(nil), m.entries[first-m.first:]...)
			m.first = first
		}
	}})
}

// sync calls done once everything that was written is surely on the disk. Whoever comes while a sync runs shares the
// next one.
func (d *disk) sync(done func()) {
	if len(d.written) == 0 && !d.busy {
		done()
		return
	}
	d.waiting = append(d.waiting, done)
	if !d.busy {
		d.begin()
	}
}

func (d *disk) begin() {
	d.busy = true
	d.flight, d.written = d.written, nil
	waiting := d.waiting
	d.waiting = nil
	d.n.after(d.latency/2+int64(d.n.w.pick(int(d.latency)+1)), func() {
		if d.failing {
			d.failing = false
			d.n.stop("fsync failed")
			return
		}
		d.settle(d.flight)
		d.flight, d.busy = nil, false
		life := d.n.life
		for _, done := range waiting {
			if d.n.life == life {
				done()
			}
		}
		if d.n.life == life && !d.busy && len(d.waiting) > 0 {
			d.begin()
		}
	})
}

func (d *disk) settle(operations []operation) {
	for _, o := range operations {
		o.apply(o.image)
	}
}

// killed is what a kill of the process leaves: everything that was written, because the machine goes on.
func (d *disk) killed() {
	d.settle(d.flight)
	d.settle(d.written)
	d.forget()
}

// lostPower leaves what was synced and a part, which chance decides, of what was written after that. It tells whether
// something was lost, and whether the last operation that was kept is a torn one.
func (d *disk) lostPower() (lost, torn bool) {
	unsafe := append(append([]operation(nil), d.flight...), d.written...)
	d.forget()
	if len(unsafe) == 0 {
		return false, false
	}
	kept := d.n.w.pick(len(unsafe) + 1)
	d.settle(unsafe[:kept])
	if kept == len(unsafe) {
		return false, false
	}
	if o := unsafe[kept]; o.torn != nil && d.n.w.pick(2) == 0 {
		o.torn(o.image, d.n.w.pick(o.parts+1))
		torn = true
	}
	return true, torn
}

func (d *disk) forget() { d.flight, d.written, d.waiting, d.busy = nil, nil, nil, false }

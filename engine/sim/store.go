package sim

import (
	"maps"
	"slices"
	"unsafe"

	"github.com/google/btree"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/sim/check"
	"github.com/payhub/payhub/engine/state"
)

// store stands for engine/storage: rows gather in memory and get to the disk by a flush; what was not flushed is gone
// after a crash and comes again from the log. It is a state.Reader.
type store struct {
	dirty  *layer // since the last flush began
	frozen *layer // being flushed; nil when no flush is under way
	base   *layer // on the disk
	index  uint64 // applied
	broken func(key []byte)
}

// note is what is kept with the rows of an index: its term and the members as of then.
type note struct {
	index, term uint64
	config      *configuration
}

// layer is a set of rows, or of changes of rows.
type layer struct {
	cells map[string]cell
	order *btree.BTreeG[string] // the keys of tables that are scanned
	note  note                  // as of its last row
}

type cell struct {
	value []byte
	state cellState
}

type cellState uint8

const (
	inserted cellState = iota // no lower layer has the key
	present                   // a lower layer may have it too
	deleted                   // a lower layer may have it; it is gone
)

func less(a, b string) bool { return a < b }

func newLayer() *layer { return &layer{cells: map[string]cell{}, order: btree.NewG(16, less)} }

func newStore(broken func(key []byte)) *store {
	return &store{dirty: newLayer(), base: newLayer(), broken: broken}
}

// text is a view of bytes that never change.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Get implements state.Reader.
func (s *store) Get(key []byte) ([]byte, bool) {
	k := text(key)
	if c, ok := s.dirty.cells[k]; ok {
		return c.value, c.state != deleted
	}
	if s.frozen != nil {
		if c, ok := s.frozen.cells[k]; ok {
			return c.value, c.state != deleted
		}
	}
	c, ok := s.base.cells[k]
	return c.value, ok
}

// apply brings in the rows of an entry.
func (s *store) apply(n note, rows []record.Row) {
	for i := range rows {
		if rows[i].Op == record.RowInsert {
			if _, found := s.Get(rows[i].Key); found {
				s.broken(rows[i].Key)
			}
		}
		s.dirty.apply(&rows[i])
	}
	s.dirty.note = n
	s.index = n.index
}

// apply folds one row into what the layer knows of its key.
func (l *layer) apply(r *record.Row) {
	key := text(r.Key)
	old, known := l.cells[key]
	c := cell{value: r.Value, state: present}
	switch {
	case r.Op == record.RowDelete && known && old.state == inserted:
		delete(l.cells, key)
		if state.Ordered(key[0]) {
			l.order.Delete(key)
		}
		return
	case r.Op == record.RowDelete:
		c = cell{state: deleted}
	case r.Op == record.RowInsert && !known, known && old.state == inserted:
		c.state = inserted
	}
	l.cells[key] = c
	if !known && state.Ordered(key[0]) {
		l.order.ReplaceOrInsert(key)
	}
}

// freeze begins a flush; false when there is nothing to flush or one is under way.
func (s *store) freeze() bool {
	if s.frozen != nil || s.dirty.note.index == 0 {
		return false
	}
	s.frozen, s.dirty = s.dirty, newLayer()
	return true
}

// flushed ends a flush: the frozen rows are on the disk. The order in which they get there makes no difference.
func (s *store) flushed() {
	l := s.frozen
	s.frozen = nil
	for key, c := range l.cells {
		if c.state == deleted {
			delete(s.base.cells, key)
			if state.Ordered(key[0]) {
				s.base.order.Delete(key)
			}
			continue
		}
		if _, known := s.base.cells[key]; !known && state.Ordered(key[0]) {
			s.base.order.ReplaceOrInsert(key)
		}
		s.base.cells[key] = cell{value: c.value, state: present}
	}
	s.base.note = l.note
}

// crash forgets what is not on the disk.
func (s *store) crash() {
	s.dirty, s.frozen = newLayer(), nil
	s.index = s.base.note.index
}

// clone copies what is on the disk.
func (l *layer) clone() *layer {
	return &layer{cells: maps.Clone(l.cells), order: l.order.Clone(), note: l.note}
}

// install replaces everything with rows from another node.
func (s *store) install(base *layer) {
	s.base = base
	s.crash()
}

// sum is the checksum of all rows, which does not depend on their order.
func (s *store) sum() [record.HashSize]byte {
	var rows check.RowSum
	s.visit(func(key, value []byte) { rows.Add(key, value) })
	return rows.Sum()
}

// visit calls for every row, in no order.
func (s *store) visit(row func(key, value []byte)) {
	above := []*layer{}
	for _, l := range []*layer{s.dirty, s.frozen, s.base} {
		if l == nil {
			continue
		}
		for key, c := range l.cells {
			if c.state != deleted && !slices.ContainsFunc(above, func(a *layer) bool { _, hidden := a.cells[key]; return hidden }) {
				row(unsafe.Slice(unsafe.StringData(key), len(key)), c.value)
			}
		}
		above = append(above, l)
	}
}

// Scan implements state.Reader.
func (s *store) Scan(from, to []byte, visit func(key, value []byte) bool) {
	var cursors [3]cursor
	n := 0
	for _, l := range []*layer{s.dirty, s.frozen, s.base} {
		if l != nil {
			cursors[n] = cursor{layer: l, to: string(to)}
			cursors[n].load(string(from))
			n++
		}
	}
	for {
		least := -1
		for i := range cursors[:n] {
			if key, ok := cursors[i].peek(); ok && (least < 0 || key < cursors[least].keys[cursors[least].at]) {
				least = i
			}
		}
		if least < 0 {
			return
		}
		key := cursors[least].keys[cursors[least].at]
		c := cursors[least].layer.cells[key]
		for i := range cursors[:n] {
			if other, ok := cursors[i].peek(); ok && other == key {
				cursors[i].at++
			}
		}
		if c.state != deleted && !visit(unsafe.Slice(unsafe.StringData(key), len(key)), c.value) {
			return
		}
	}
}

// cursor walks over the keys of a layer, a few at a time.
type cursor struct {
	layer *layer
	to    string
	keys  []string
	at    int
	more  bool
}

const cursorStep = 16

func (c *cursor) load(from string) {
	c.keys, c.at, c.more = c.keys[:0], 0, false
	c.layer.order.AscendGreaterOrEqual(from, func(key string) bool {
		if key >= c.to {
			return false
		}
		c.keys = append(c.keys, key)
		c.more = len(c.keys) == cursorStep
		return !c.more
	})
}

func (c *cursor) peek() (string, bool) {
	if c.at == len(c.keys) {
		if !c.more {
			return "", false
		}
		c.load(c.keys[len(c.keys)-1] + "\x00")
		if len(c.keys) == 0 {
			return "", false
		}
	}
	return c.keys[c.at], true
}

// lastHash is the chain hash of the last batch in the store.
func (s *store) lastHash() (hash [record.HashSize]byte) {
	value, _ := s.Get([]byte(record.HashRowKey))
	copy(hash[:], value)
	return hash
}

var _ state.Reader = (*store)(nil)

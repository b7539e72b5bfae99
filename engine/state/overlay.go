package state

import (
	"bytes"
	"sort"
	"unsafe"

	"github.com/payhub/payhub/engine/record"
)

// Overlay is a Reader with changes of its own on top, the changes of one decision. Its result is
// a list of rows in which each key appears once.
type Overlay struct {
	base   Reader
	index  map[string]int // key -> place in rows
	rows   []overlayRow
	sorted [tableCount][]int // per ordered table: places in rows, by key
	arena  []byte            // where keys and values lie; never reused once handed out
	codec  record.Codec      // of the row in hand
	// written counts the bytes of all changes, also of those that later ones have replaced.
	written int
}

type overlayRow struct {
	record.Row
	gone bool // inserted and deleted again: as if it had never been
}

// NewOverlay makes an overlay without changes.
func NewOverlay(base Reader) *Overlay {
	return &Overlay{base: base, index: map[string]int{}}
}

// Reset forgets all changes.
func (o *Overlay) Reset() {
	clear(o.index)
	o.rows = make([]overlayRow, 0, len(o.rows)+len(o.rows)/4) // decisions resemble each other
	for t := range o.sorted {
		o.sorted[t] = o.sorted[t][:0]
	}
	o.arena, o.written = nil, 0
}

// Rows lists the changes in the order in which their keys were first touched.
func (o *Overlay) Rows() []record.Row {
	rows := make([]record.Row, 0, len(o.rows)+1) // one more will follow: see record.Batch.AppliedRows
	for i := range o.rows {
		if !o.rows[i].gone {
			rows = append(rows, o.rows[i].Row)
		}
	}
	return rows
}

// Get implements Reader.
func (o *Overlay) Get(key []byte) ([]byte, bool) {
	if i, ok := o.index[string(key)]; ok {
		row := &o.rows[i]
		return row.Value, row.Op != record.RowDelete
	}
	return o.base.Get(key)
}

// Own finds the value that the overlay itself has for a key.
func (o *Overlay) Own(key []byte) ([]byte, bool) {
	i, ok := o.index[string(key)]
	if !ok || o.rows[i].Op == record.RowDelete {
		return nil, false
	}
	return o.rows[i].Value, true
}

// arenaChunk is how much room the arena takes at a time.
const arenaChunk = 16 << 10

// keep copies a key into the arena.
func (o *Overlay) keep(key []byte) []byte {
	if cap(o.arena)-len(o.arena) < len(key) {
		o.arena = make([]byte, 0, max(arenaChunk, len(key)))
	}
	start := len(o.arena)
	o.arena = append(o.arena, key...)
	return o.arena[start:len(o.arena):len(o.arena)]
}

// encode codes a row's value into the arena.
func (o *Overlay) encode(row interface{ Fields(*record.Codec) }) []byte {
	if cap(o.arena)-len(o.arena) < 512 {
		o.arena = make([]byte, 0, arenaChunk)
	}
	start := len(o.arena)
	o.codec = record.NewEncoder(o.arena) // kept here because a row's own codec would escape to the heap
	row.Fields(&o.codec)
	o.arena = o.codec.Bytes()
	return o.arena[start:len(o.arena):len(o.arena)]
}

// insert adds a row whose key is surely not there.
func (o *Overlay) insert(key, value []byte) { o.change(record.RowInsert, key, value) }

// put adds or replaces a row.
func (o *Overlay) put(key, value []byte) { o.change(record.RowPut, key, value) }

// remove deletes a row; one that is not there may be named only if the base may hold it.
func (o *Overlay) remove(key []byte) { o.change(record.RowDelete, key, nil) }

// Change makes changes from outside of the tables, as Apply of a store does.
func (o *Overlay) Change(rows []record.Row) {
	for _, row := range rows {
		o.change(row.Op, row.Key, row.Value)
	}
}

// change folds a change into what the overlay knows of the key already.
func (o *Overlay) change(op record.RowOp, key, value []byte) {
	o.written += len(key) + len(value)
	i, known := o.index[string(key)]
	if !known {
		o.add(record.Row{Op: op, Key: o.keep(key), Value: value})
		return
	}
	row := &o.rows[i]
	switch {
	case op != record.RowDelete && row.Op == record.RowDelete:
		row.Op = record.RowPut
	case op == record.RowDelete && row.Op == record.RowInsert:
		row.gone = true
		delete(o.index, string(key))
		o.unsort(Table(key[0]), i)
		return
	case op == record.RowDelete:
		row.Op = record.RowDelete
	}
	row.Value = value
}

// add appends a row whose key is not in the overlay.
func (o *Overlay) add(row record.Row) {
	i := len(o.rows)
	o.rows = append(o.rows, overlayRow{Row: row})
	o.index[unsafe.String(unsafe.SliceData(row.Key), len(row.Key))] = i
	if t := Table(row.Key[0]); ordered[t] {
		list := o.sorted[t]
		at := o.search(list, row.Key)
		list = append(list, 0)
		copy(list[at+1:], list[at:])
		list[at] = i
		o.sorted[t] = list
	}
}

// search finds where a key is, or belongs, in a sorted list.
func (o *Overlay) search(list []int, key []byte) int {
	if n := len(list); n > 0 && bytes.Compare(o.rows[list[n-1]].Key, key) < 0 {
		return n
	}
	return sort.Search(len(list), func(i int) bool { return bytes.Compare(o.rows[list[i]].Key, key) >= 0 })
}

// unsort takes a row out of its table's sorted list.
func (o *Overlay) unsort(t Table, row int) {
	if !ordered[t] {
		return
	}
	list := o.sorted[t]
	at := o.search(list, o.rows[row].Key)
	o.sorted[t] = append(list[:at], list[at+1:]...)
}

// Scan implements Reader. visit may change the overlay; what it changes ahead of the scan may or
// may not be seen.
func (o *Overlay) Scan(from, to []byte, visit func(key, value []byte) bool) {
	list := o.sorted[from[0]]
	own := make([]int, 0, 8)
	for at := o.search(list, from); at < len(list) && bytes.Compare(o.rows[list[at]].Key, to) < 0; at++ {
		own = append(own, list[at])
	}
	next, stopped := 0, false
	emit := func(row *overlayRow) bool {
		return row.gone || row.Op == record.RowDelete || visit(row.Key, row.Value)
	}
	o.base.Scan(from, to, func(key, value []byte) bool {
		for next < len(own) {
			order := bytes.Compare(o.rows[own[next]].Key, key)
			if order > 0 {
				break
			}
			row := &o.rows[own[next]]
			next++
			if !emit(row) {
				stopped = true
				return false
			}
			if order == 0 {
				return true
			}
		}
		stopped = !visit(key, value)
		return !stopped
	})
	for ; next < len(own) && !stopped; next++ {
		stopped = !emit(&o.rows[own[next]])
	}
}

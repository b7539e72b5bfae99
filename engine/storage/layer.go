package storage

import (
	"unsafe"

	"github.com/google/btree"

	"github.com/payhub/payhub/engine/record"
)

// What a cell says about the layers below it.
const (
	inserted uint8 = iota // no lower layer has this key
	put                   // a lower layer may have this key; this value hides it
	deleted               // a lower layer may have this key; it is gone
)

// cell is the newest row of one key.
type cell struct {
	value []byte
	state uint8
}

// cellCost is what a cell takes beside its bytes, roughly: map slot, slice and string headers.
const cellCost = 80

// layer is a set of row changes in memory.
type layer struct {
	cells map[string]cell
	order *btree.BTreeG[string] // the keys of ordered tables
	arena arena
	live  int    // bytes of the rows that would be flushed now
	index uint64 // last log entry in it; 0: none
	note  []byte
}

func newLayer(rows int) *layer {
	return &layer{
		cells: make(map[string]cell, rows),
		order: btree.NewG(16, func(a, b string) bool { return a < b }),
	}
}

// apply brings one row change in.
func (l *layer) apply(r *record.Row, ordered func(byte) bool) {
	if len(r.Key) == 0 || r.Key[0] == Reserved {
		panic("storage: a row with an empty key or in the reserved table")
	}
	key := unsafe.String(unsafe.SliceData(r.Key), len(r.Key)) // for look-up only
	old, known := l.cells[key]
	if known {
		l.live -= cost(key, old)
	} else {
		key = unsafe.String(unsafe.SliceData(l.arena.keep(r.Key)), len(r.Key))
	}
	c := cell{state: put}
	switch r.Op {
	case record.RowDelete:
		if known && old.state == inserted {
			delete(l.cells, key)
			if ordered(key[0]) {
				l.order.Delete(key)
			}
			return
		}
		c.state = deleted
	case record.RowInsert:
		if !known {
			c.state = inserted
		}
		c.value = l.arena.keep(r.Value)
	case record.RowPut:
		if known && old.state == inserted {
			c.state = inserted
		}
		c.value = l.arena.keep(r.Value)
	default:
		panic("storage: a row with an unknown operation")
	}
	l.cells[key] = c
	l.live += cost(key, c)
	if !known && ordered(key[0]) {
		l.order.ReplaceOrInsert(key)
	}
}

func cost(key string, c cell) int { return len(key) + len(c.value) + cellCost }

// get finds a key; hit is false when the layer says nothing about it.
func (l *layer) get(key []byte) (value []byte, found, hit bool) {
	c, hit := l.cells[unsafe.String(unsafe.SliceData(key), len(key))]
	return c.value, hit && c.state != deleted, hit
}

// arena keeps copies of many small byte strings in few allocations.
type arena struct {
	chunk []byte
	size  int // bytes of all chunks
}

const (
	firstChunk = 16 << 10
	maxChunk   = 256 << 10
)

// keep copies b; the copy never moves and is never reused.
func (a *arena) keep(b []byte) []byte {
	if len(b) == 0 {
		return []byte{}
	}
	if cap(a.chunk)-len(a.chunk) < len(b) {
		n := min(max(firstChunk, a.size), maxChunk)
		if len(b) > n/4 {
			a.size += len(b)
			return append(make([]byte, 0, len(b)), b...)
		}
		a.chunk = make([]byte, 0, n)
		a.size += n
	}
	from := len(a.chunk)
	a.chunk = append(a.chunk, b...)
	return a.chunk[from:len(a.chunk):len(a.chunk)]
}

package storage

import (
	"bytes"
	"runtime"
	"unsafe"

	"github.com/linxGnu/grocksdb"
)

// Get reads the row of a key. The value must not be changed; it stays valid for as long as it is
// held. A failing disk is latched (Err) and looks like a missing row.
func (s *Store) Get(key []byte) ([]byte, bool) {
	l := s.layers.Load()
	if value, found, hit := l.dirty.get(key); hit {
		return value, found
	}
	if l.frozen != nil {
		if value, found, hit := l.frozen.get(key); hit {
			return value, found
		}
	}
	if l.highs.above(key) {
		return nil, false
	}
	value, found, err := s.db.get(key)
	if err != nil {
		s.fail("read a row", err) //nolint:errcheck // latched; a Reader has no error
		return nil, false
	}
	return value, found
}

// Scan visits the rows from ≤ key < to in the order of their keys until visit returns false; a nil
// to means to the end. Only ordered tables may be scanned. A key is valid during the visit only; a
// value stays valid for as long as it is held. visit must not apply rows.
func (s *Store) Scan(from, to []byte, visit func(key, value []byte) bool) {
	if to == nil || bytes.Compare(to, []byte{Reserved}) > 0 {
		to = []byte{Reserved}
	}
	if bytes.Compare(from, to) >= 0 {
		return
	}
	l := s.layers.Load()
	m := merge{to: to}
	m.add(l.dirty, from)
	if l.frozen != nil && !l.clean {
		m.add(l.frozen, from)
	}
	if !oneTable(from, to) || !l.highs.above(from) {
		m.disk.open(s.db, from, to)
		defer m.disk.close()
	}
	for key, value, ok := m.next(); ok; key, value, ok = m.next() {
		if !visit(key, value) {
			break
		}
	}
	if err := m.disk.err(); err != nil {
		s.fail("scan rows", err) //nolint:errcheck // latched; a Reader has no error
	}
}

// oneTable tells whether a range ends in the table in which it begins.
func oneTable(from, to []byte) bool {
	return len(from) > 0 && (to[0] == from[0] || len(to) == 1 && to[0] == from[0]+1)
}

// merge walks the layers and RocksDB together; a newer source hides the same key of an older one.
type merge struct {
	to     []byte
	layers [2]layerCursor
	n      int
	disk   diskCursor
}

func (m *merge) add(l *layer, from []byte) {
	if l.order.Len() == 0 {
		return
	}
	m.layers[m.n].start(l, from, m.to)
	m.n++
}

// next is the next row that exists.
func (m *merge) next() (key, value []byte, ok bool) {
	for {
		newest := -1 // RocksDB
		key, ok := m.disk.key, m.disk.valid
		for i := m.n - 1; i >= 0; i-- {
			c := &m.layers[i]
			if k, has := c.peek(); has && (!ok || bytes.Compare(k, key) <= 0) {
				key, ok, newest = k, true, i
			}
		}
		if !ok {
			return nil, nil, false
		}
		gone := false
		if newest >= 0 {
			c := m.layers[newest].layer.cells[text(key)]
			value, gone = c.value, c.state == deleted
		} else {
			value = m.disk.take()
		}
		m.skip(key)
		if !gone {
			return key, value, true
		}
	}
}

// skip moves every source that stands on key.
func (m *merge) skip(key []byte) {
	for i := range m.layers[:m.n] {
		c := &m.layers[i]
		if k, has := c.peek(); has && bytes.Equal(k, key) {
			c.at++
		}
	}
	if m.disk.valid && bytes.Equal(m.disk.key, key) {
		m.disk.move()
	}
}

func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// layerCursor reads the ordered keys of a layer in portions, because the tree can only call back.
type layerCursor struct {
	layer *layer
	keys  []string
	at    int
	to    string
	last  string
	more  bool
	room  [8]string
}

func (c *layerCursor) start(l *layer, from, to []byte) {
	c.layer, c.to = l, text(to)
	c.load(text(from), 8)
}

func (c *layerCursor) load(from string, n int) {
	if cap(c.keys) < n {
		if n == len(c.room) {
			c.keys = c.room[:0]
		} else {
			c.keys = make([]string, 0, n)
		}
	}
	c.keys, c.at, c.more = c.keys[:0], 0, false
	c.layer.order.AscendRange(from, c.to, func(k string) bool {
		if len(c.keys) == n {
			c.more = true
			return false
		}
		c.keys = append(c.keys, k)
		return true
	})
	if len(c.keys) > 0 {
		c.last = c.keys[len(c.keys)-1]
	}
}

func (c *layerCursor) peek() ([]byte, bool) {
	if c.at == len(c.keys) {
		if !c.more {
			return nil, false
		}
		c.load(c.last+"\x00", min(8*len(c.keys), 512))
		if len(c.keys) == 0 {
			return nil, false
		}
	}
	k := c.keys[c.at]
	return unsafe.Slice(unsafe.StringData(k), len(k)), true
}

// diskCursor walks RocksDB up to a bound; the zero one stands on nothing. The bound keeps it from
// walking over deleted rows behind the range. The key it stands on is a copy, because the visitor
// may still use it after a move.
type diskCursor struct {
	opts  *grocksdb.ReadOptions
	it    *grocksdb.Iterator
	pin   runtime.Pinner
	key   []byte
	spare []byte
	valid bool
}

func (c *diskCursor) open(r *rocks, from, to []byte) {
	c.opts = grocksdb.NewDefaultReadOptions()
	bound := append([]byte(nil), to...)
	c.pin.Pin(&bound[0]) // RocksDB keeps the address for as long as the iterator lives
	c.opts.SetIterateUpperBound(bound)
	c.it = r.db.NewIterator(c.opts)
	c.it.Seek(from)
	c.load()
}

// err is the first error of the walk.
func (c *diskCursor) err() error {
	if c.it == nil {
		return nil
	}
	return c.it.Err()
}

func (c *diskCursor) load() {
	c.valid = c.it.Valid()
	if !c.valid {
		return
	}
	k := c.it.Key()
	c.key, c.spare = append(c.spare[:0], k.Data()...), c.key
	k.Free()
}

// take copies the value, for whoever gets it may keep it: decoded rows point into it. It must be
// called before move.
func (c *diskCursor) take() []byte {
	v := c.it.Value()
	value := bytes.Clone(v.Data())
	v.Free()
	return value
}

func (c *diskCursor) move() {
	c.it.Next()
	c.load()
}

func (c *diskCursor) close() {
	c.it.Close()
	c.opts.Destroy()
	c.pin.Unpin()
}

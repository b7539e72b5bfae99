package state

import "github.com/payhub/payhub/engine/record"

// Meta is what a partition counts.
type Meta struct {
	NextPosition int64  // of the next record, from 1
	NextKey      int64  // counter part of the next key, from 1
	Now          int64  // time of the last decision, ms since the epoch
	FollowUps    uint64 // number of follow-up commands ever put off
}

// Fields implements the row codec.
func (m *Meta) Fields(c *record.Codec) {
	c.Int(&m.NextPosition)
	c.Int(&m.NextKey)
	c.Int(&m.Now)
	c.Uint(&m.FollowUps)
}

// Meta reads the counters; a partition without any starts at 1.
func (v *View) Meta() Meta {
	if m, ok := load[Meta](v, v.key(tableMeta)); ok {
		return *m
	}
	return Meta{NextPosition: 1, NextKey: 1}
}

// PutMeta writes the counters.
func (t *Tables) PutMeta(m *Meta) { t.overlay.put(t.key(tableMeta), t.overlay.encode(m)) }

// LastHash is the hash of the last applied batch.
func (v *View) LastHash() (hash [record.HashSize]byte) {
	if value, ok := v.reader.Get([]byte(record.HashRowKey)); ok {
		copy(hash[:], value)
	}
	return hash
}

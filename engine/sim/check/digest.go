package check

import (
	"hash/fnv"

	"github.com/payhub/payhub/engine/record"
)

// digester makes short stand-ins for records.
type digester struct{ coded []byte }

// whole stands for everything that a record says, where and when included.
func (d *digester) whole(r *record.Record) uint64 {
	return d.sum(r, r.Position, r.SourcePosition, r.Timestamp)
}

// content stands for what a record says, wherever it stands.
func (d *digester) content(r *record.Record) uint64 { return d.sum(r, 0, 0, 0) }

func (d *digester) sum(r *record.Record, position, source, timestamp int64) uint64 {
	c := record.NewEncoder(d.coded[:0])
	kind := uint64(r.Type)<<32 | uint64(r.ValueType)<<16 | uint64(r.Intent)<<8 | uint64(r.RejectionType)
	key, reason := r.Key, r.RejectionReason
	c.Int(&position)
	c.Int(&source)
	c.Int(&key)
	c.Int(&timestamp)
	c.Uint(&kind)
	c.String(&reason)
	r.Value.Fields(&c)
	d.coded = c.Bytes()
	h := fnv.New64a()
	h.Write(d.coded)
	return h.Sum64() | 1 // never 0, which stands for nothing
}

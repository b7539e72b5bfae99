package state

import "github.com/payhub/payhub/engine/record"

// FollowUp is a command that a decision made and did not process any more, because it had
// reached its limit; the next decision does.
type FollowUp struct {
	Number    uint64
	Position  int64 // where the log says that it was put off
	Key       int64
	Intent    record.Intent
	ValueType record.ValueType
	Value     record.Value
}

// Fields implements the row codec.
func (f *FollowUp) Fields(c *record.Codec) {
	c.Uint(&f.Number)
	c.Int(&f.Position)
	c.Int(&f.Key)
	c.Byte((*uint8)(&f.Intent))
	valueType := uint64(f.ValueType)
	c.Uint(&valueType)
	if c.Decoding() {
		f.ValueType = record.ValueType(valueType)
		if f.Value = record.NewValue(f.ValueType); f.Value == nil {
			c.Fail("unknown value type %d of a follow-up command", valueType)
			return
		}
	}
	f.Value.Fields(c)
}

// FollowUps calls visit with the commands that were put off, oldest first.
func (v *View) FollowUps(visit func(*FollowUp) bool) {
	v.scanPrefix(v.key(tableFollowUp), func(_, value []byte) bool {
		return visit(decode[FollowUp](v, value))
	})
}

// InsertFollowUp puts a command off.
func (t *Tables) InsertFollowUp(f *FollowUp) {
	t.overlay.insert(t.key(tableFollowUp).num(int64(f.Number)), t.overlay.encode(f))
}

// DeleteFollowUp removes a command that is being processed.
func (t *Tables) DeleteFollowUp(number uint64) {
	t.overlay.remove(t.key(tableFollowUp).num(int64(number)))
}

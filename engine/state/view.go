package state

import (
	"math"

	"github.com/payhub/payhub/engine/record"
)

// View reads the tables. Decisions get a View of their overlay; queries get one of the store.
type View struct {
	reader      Reader
	definitions *Definitions
	keybuf      []byte
	codec       record.Codec // of the row in hand
	overlay     *Overlay
	fresh       int64
	instances   map[int64]*instanceInHand // of a decision; nil for a view of the store
	touched     []*instanceInHand         // in the order in which they were first changed
	waiting     map[jobQueue]int64        // of a decision: where a queue of jobs begins at the earliest
}

// NewView reads the tables of a store; definitions may be shared by the views of one partition.
func NewView(reader Reader, definitions *Definitions) *View {
	return &View{reader: reader, definitions: definitions, fresh: math.MaxInt64}
}

// Tables reads and changes the tables of one decision. Only appliers have one.
type Tables struct {
	View
}

// NewTables makes the tables over an overlay.
func NewTables(overlay *Overlay, definitions *Definitions) *Tables {
	return &Tables{View: View{reader: overlay, definitions: definitions, overlay: overlay, fresh: math.MaxInt64, instances: map[int64]*instanceInHand{}, waiting: map[jobQueue]int64{}}}
}

// MadeFrom says that keys from here on are made by this decision, so that rows named after them
// are nowhere but in the overlay: looking further would be in vain, and costs.
// Definitions of these keys that are known from a decision that was given up are forgotten.
func (t *Tables) MadeFrom(key int64) {
	t.fresh = key
	t.definitions.forget(key)
}

// Written is the number of bytes of the rows that the decision has written so far, each as often
// as it was.
func (t *Tables) Written() int { return t.overlay.written }

// of finds the row that a table has for a key made by the partition.
func (v *View) of(t Table, id int64) (value []byte, found bool) {
	key := v.key(t).num(id)
	if id >= v.fresh {
		return v.overlay.Own(key)
	}
	return v.reader.Get(key)
}

// loadOf reads and decodes the row that a table has for a key made by the partition.
func loadOf[T any, P row[T]](v *View, t Table, id int64) (P, bool) {
	value, found := v.of(t, id)
	if !found {
		return nil, false
	}
	return decode[T, P](v, value), true
}

// key starts the key of a row. The buffer is used again by the next key.
func (v *View) key(t Table) rowKey {
	if v.keybuf == nil {
		v.keybuf = make([]byte, 0, 256)
	}
	return append(v.keybuf[:0], byte(t))
}

// row is a coded row.
type row[T any] interface {
	*T
	Fields(*record.Codec)
}

// load reads and decodes a row. A row that cannot be decoded means a defect or a damaged disk;
// going on would spread it, so this panics and the partition stops the command.
func load[T any, P row[T]](v *View, key []byte) (P, bool) {
	value, found := v.reader.Get(key)
	if !found {
		return nil, false
	}
	return decode[T, P](v, value), true
}

// decode decodes a row's value.
func decode[T any, P row[T]](v *View, value []byte) P {
	p := P(new(T))
	v.codec = record.NewDecoder(value) // kept there because a row's own codec would escape to the heap
	p.Fields(&v.codec)
	if err := v.codec.Err(); err != nil {
		panic("state: a row cannot be read: " + err.Error())
	}
	return p
}

// has tells whether a key is there.
func (v *View) has(key []byte) bool {
	_, found := v.reader.Get(key)
	return found
}

// number reads a row that holds one number.
func (v *View) number(key []byte) (int64, bool) {
	value, found := v.reader.Get(key)
	if !found {
		return 0, false
	}
	return lastNum(value), true
}

// scanPrefix visits every key with a prefix, in order.
func (v *View) scanPrefix(prefix rowKey, visit func(key, value []byte) bool) {
	from := append([]byte(nil), prefix...)
	v.reader.Scan(from, after(from), visit)
}

// scanFrom visits the keys of [from, end of prefix), in order.
func (v *View) scanFrom(from, prefix []byte, visit func(key, value []byte) bool) {
	v.reader.Scan(from, after(prefix), visit)
}

// tenantKey is how a tenant stands in a row's key.
func tenantKey(tenant string) string {
	if tenant == record.DefaultTenant {
		return ""
	}
	return tenant
}

package state

import (
	"bytes"
	"sort"

	"github.com/payhub/payhub/engine/record"
)

// Memory is a Reader in memory: the store of tests and of the simulator.
type Memory struct {
	keys   []string // ascending
	values map[string][]byte
}

// NewMemory makes an empty store.
func NewMemory() *Memory { return &Memory{values: map[string][]byte{}} }

// Get implements Reader.
func (m *Memory) Get(key []byte) ([]byte, bool) {
	v, ok := m.values[string(key)]
	return v, ok
}

// Scan implements Reader.
func (m *Memory) Scan(from, to []byte, visit func(key, value []byte) bool) {
	for i := sort.SearchStrings(m.keys, string(from)); i < len(m.keys) && bytes.Compare([]byte(m.keys[i]), to) < 0; i++ {
		if !visit([]byte(m.keys[i]), m.values[m.keys[i]]) {
			return
		}
	}
}

// Apply writes the rows of a batch.
func (m *Memory) Apply(rows []record.Row) {
	for _, row := range rows {
		key := string(row.Key)
		at := sort.SearchStrings(m.keys, key)
		_, known := m.values[key]
		switch {
		case row.Op == record.RowDelete && known:
			m.keys = append(m.keys[:at], m.keys[at+1:]...)
			delete(m.values, key)
		case row.Op == record.RowDelete:
		case known:
			m.values[key] = row.Value
		default:
			m.keys = append(m.keys, "")
			copy(m.keys[at+1:], m.keys[at:])
			m.keys[at] = key
			m.values[key] = row.Value
		}
	}
}

// Len is the number of rows.
func (m *Memory) Len() int { return len(m.keys) }

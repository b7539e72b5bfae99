package statetest_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/state/statetest"
)

func TestMemoryConforms(t *testing.T) {
	for seed := range uint64(200) {
		m := state.NewMemory()
		subject := statetest.Subject{Reader: func() state.Reader { return m }, Apply: m.Apply}
		if err := statetest.Conform(subject, rand.New(rand.NewPCG(seed, 0)).IntN); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// An overlay conforms with its changes lying on a store that has some of them, and others not.
func TestAnOverlayConforms(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 0))
		m := state.NewMemory()
		o := state.NewOverlay(m)
		subject := statetest.Subject{
			Reader: func() state.Reader { return o },
			Apply:  o.Change,
			Between: func() error {
				m.Apply(o.Rows())
				o.Reset()
				return nil
			},
		}
		if err := statetest.Conform(subject, random.IntN); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// faulty is a store with a defect.
type faulty struct {
	*state.Memory
	get  func(key, value []byte, found bool) ([]byte, bool)
	scan func(from, to []byte, visit func(key, value []byte) bool) (changedFrom, changedTo []byte, changed func(key, value []byte) bool)
}

func (f *faulty) Get(key []byte) ([]byte, bool) {
	value, found := f.Memory.Get(key)
	if f.get != nil {
		return f.get(key, value, found)
	}
	return value, found
}

func (f *faulty) Scan(from, to []byte, visit func(key, value []byte) bool) {
	if f.scan != nil {
		from, to, visit = f.scan(from, to, visit)
	}
	f.Memory.Scan(from, to, visit)
}

// The kit finds what it is there to find.
func TestTheKitFindsDefects(t *testing.T) {
	var last []byte
	for name, defect := range map[string]struct {
		store faulty
		apply func(rows []record.Row) []record.Row
	}{
		"forgets a delete": {apply: func(rows []record.Row) []record.Row {
			var kept []record.Row
			for _, row := range rows {
				if row.Op != record.RowDelete {
					kept = append(kept, row)
				}
			}
			return kept
		}},
		"takes an empty value for none": {store: faulty{get: func(_, value []byte, found bool) ([]byte, bool) {
			return value, found && len(value) > 0
		}}},
		"uses its buffer again": {store: faulty{get: func(_, value []byte, found bool) ([]byte, bool) {
			last = append(last[:0], value...)
			return last, found
		}}},
		"goes on when it is stopped": {store: faulty{scan: func(from, to []byte, visit func(key, value []byte) bool) ([]byte, []byte, func(key, value []byte) bool) {
			return from, to, func(key, value []byte) bool { visit(key, value); return true }
		}}},
		"includes the end": {store: faulty{scan: func(from, to []byte, visit func(key, value []byte) bool) ([]byte, []byte, func(key, value []byte) bool) {
			return from, append(bytes.Clone(to), 0), visit
		}}},
		"skips the first": {store: faulty{scan: func(from, to []byte, visit func(key, value []byte) bool) ([]byte, []byte, func(key, value []byte) bool) {
			return append(bytes.Clone(from), 0, 0), to, visit
		}}},
	} {
		found := false
		for seed := range uint64(20) {
			store := defect.store
			store.Memory = state.NewMemory()
			subject := statetest.Subject{Reader: func() state.Reader { return &store }, Apply: func(rows []record.Row) {
				if defect.apply != nil {
					rows = defect.apply(rows)
				}
				store.Apply(rows)
			}}
			found = found || statetest.Conform(subject, rand.New(rand.NewPCG(seed, 0)).IntN) != nil
		}
		if !found {
			t.Errorf("a store that %s conforms", name)
		}
	}
}

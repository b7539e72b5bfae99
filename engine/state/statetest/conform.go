// Package statetest is the conformance kit of the key-value stores that a partition's state may
// lie in: each must do what state.Reader says for the rows it was given.
package statetest

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// Subject is a store under test.
type Subject struct {
	// Reader reads it as of the last Apply. It is asked for anew after every Between.
	Reader func() state.Reader
	// Apply writes the rows of one batch.
	Apply func(rows []record.Row)
	// Between, if not nil, is called between two batches now and then, to do what may happen at any
	// time and must not be seen: write to disk, compact, close and open again.
	Between func() error
}

// entry is one row of the twin, a sorted list.
type entry struct {
	key, value []byte
}

// run is one run of the kit.
type run struct {
	Subject
	choose func(n int) int
	reader state.Reader
	twin   []entry
	kept   []entry // values that Get and Scan have returned, and how they looked
}

// batches is how many batches one run applies.
const batches = 25

// Conform runs a random history against an empty store and compares it with a plain list: every
// key, scans of any range whole and stopped, and that what was returned stays as it was. choose
// draws a number in [0, n): from a seed, or from a property test's generator. The error says what
// is wrong first; nil means that nothing is.
func Conform(subject Subject, choose func(n int) int) error {
	r := &run{Subject: subject, choose: choose, reader: subject.Reader()}
	for range batches {
		r.Apply(r.batch())
		if r.Between != nil && choose(3) == 0 {
			if err := r.Between(); err != nil {
				return err
			}
			r.reader = r.Reader()
		}
		if err := r.check(); err != nil {
			return err
		}
	}
	return r.unchanged()
}

// tables are some that are scanned and some that are not, neighbours among them.
func tables() (ordered, others []byte) {
	for t := byte(1); t < 64 && len(ordered)+len(others) < 64; t++ {
		if state.Ordered(t) {
			ordered = append(ordered, t)
		} else {
			others = append(others, t)
		}
	}
	return ordered[:3], append(others[:2], 0)
}

// key draws a key: few of them, so that they meet, and one often the beginning of another.
func (r *run) key() []byte {
	ordered, others := tables()
	all := append(ordered, others...)
	key := []byte{all[r.choose(len(all))]}
	for range r.choose(4) {
		key = append(key, []byte{0, 1, 0x7f, 0x80, 0xfe, 0xff}[r.choose(6)])
	}
	return append(key, 'x')
}

// value draws a value; some are empty and some are large.
func (r *run) value() []byte {
	switch r.choose(8) {
	case 0:
		return nil
	case 1:
		return bytes.Repeat([]byte{byte(r.choose(256))}, 5000)
	}
	return []byte{byte(r.choose(256)), byte(r.choose(256)), byte(r.choose(256))}
}

func (r *run) find(key []byte) (at int, found bool) {
	return slices.BinarySearchFunc(r.twin, key, func(e entry, key []byte) int { return bytes.Compare(e.key, key) })
}

// batch draws the rows of a batch, each key once, and changes the twin with them.
func (r *run) batch() (rows []record.Row) {
	for range r.choose(12) {
		key := r.key()
		if slices.ContainsFunc(rows, func(row record.Row) bool { return bytes.Equal(row.Key, key) }) {
			continue
		}
		at, found := r.find(key)
		row := record.Row{Op: record.RowPut, Key: key}
		switch {
		case r.choose(3) == 0:
			row.Op = record.RowDelete
			if found {
				r.twin = slices.Delete(r.twin, at, at+1)
			}
		case found:
			row.Value = r.value()
			r.twin[at].value = row.Value
		default:
			if row.Value = r.value(); r.choose(2) == 0 {
				row.Op = record.RowInsert
			}
			r.twin = slices.Insert(r.twin, at, entry{key, row.Value})
		}
		rows = append(rows, row)
	}
	return rows
}

// check compares every key of the twin, some that may not be there, and some scans.
func (r *run) check() error {
	for _, e := range r.twin {
		if err := r.get(e.key); err != nil {
			return err
		}
	}
	for range 5 {
		if err := r.get(r.key()); err != nil {
			return err
		}
	}
	ordered, _ := tables()
	for _, table := range ordered {
		if err := r.scan([]byte{table}, []byte{table + 1}); err != nil {
			return err
		}
		from, to := r.key(), r.key()
		from[0], to[0] = table, table
		if err := r.scan(from, to); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) get(key []byte) error {
	at, want := r.find(key)
	value, found := r.reader.Get(key)
	switch {
	case found != want:
		return fmt.Errorf("get %q: found %t, want %t", key, found, want)
	case found && !bytes.Equal(value, r.twin[at].value):
		return fmt.Errorf("get %q: %q, want %q", key, value, r.twin[at].value)
	case found && r.choose(4) == 0:
		r.kept = append(r.kept, entry{value, bytes.Clone(value)})
	}
	return nil
}

// scan compares the keys of [from, to), whole or up to where it is stopped.
func (r *run) scan(from, to []byte) error {
	first, _ := r.find(from)
	end, _ := r.find(to)
	want := r.twin[first:max(first, end)]
	if len(want) > 1 && r.choose(2) == 0 {
		want = want[:1+r.choose(len(want)-1)]
	}
	seen := 0
	var wrong error
	r.reader.Scan(from, to, func(key, value []byte) bool {
		switch {
		case seen == len(want):
			wrong = cmp.Or(wrong, fmt.Errorf("scan [%q, %q): %q after all %d rows that it was asked for", from, to, key, len(want)))
		case !bytes.Equal(key, want[seen].key) || !bytes.Equal(value, want[seen].value):
			wrong = cmp.Or(wrong, fmt.Errorf("scan [%q, %q), row %d: %q = %q, want %q = %q", from, to, seen, key, value, want[seen].key, want[seen].value))
		}
		if r.choose(4) == 0 {
			r.kept = append(r.kept, entry{value, bytes.Clone(value)})
		}
		seen++
		stop := seen == len(want) && len(want) < end-first
		return wrong == nil && !stop
	})
	if wrong == nil && seen < len(want) {
		return fmt.Errorf("scan [%q, %q): %d rows, want %d", from, to, seen, len(want))
	}
	return wrong
}

// unchanged checks that values that Get and Scan returned are still what they were.
func (r *run) unchanged() error {
	for _, e := range r.kept {
		if !bytes.Equal(e.key, e.value) {
			return fmt.Errorf("a value that was returned has changed from %q to %q", e.value, e.key)
		}
	}
	return nil
}

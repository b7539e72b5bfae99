package state

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/payhub/payhub/engine/record"
)

// The slow twin of an overlay is a copy of the map that is changed in place.
func TestOverlayAgreesWithACopy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, twin := NewMemory(), map[string]string{}
		key := rapid.Custom(func(t *rapid.T) []byte {
			table := rapid.SampledFrom([]Table{tableTimerDue, tableJobDeadline}).Draw(t, "table")
			return rowKey([]byte{byte(table)}).num(int64(rapid.IntRange(-3, 8).Draw(t, "number")))
		})
		for range rapid.IntRange(0, 8).Draw(t, "rows") {
			k := key.Draw(t, "base")
			base.Apply([]record.Row{{Op: record.RowPut, Key: k, Value: []byte("base")}})
			twin[string(k)] = "base"
		}
		o := NewOverlay(base)
		o.Reset()
		for i := range rapid.IntRange(0, 30).Draw(t, "changes") {
			k, value := key.Draw(t, "key"), fmt.Sprint(i)
			_, known := twin[string(k)]
			switch {
			case rapid.Bool().Draw(t, "remove"):
				o.remove(k)
				delete(twin, string(k))
			case known:
				o.put(k, []byte(value))
				twin[string(k)] = value
			default:
				o.insert(k, []byte(value))
				twin[string(k)] = value
			}
			check(t, o, twin, key.Draw(t, "from"))
		}
		base.Apply(o.Rows())
		check(t, base, twin, []byte{byte(tableJobDeadline)})
		check(t, base, twin, []byte{byte(tableTimerDue)})
	})
}

// check compares every key, and the scan of a table from a key on.
func check(t *rapid.T, r Reader, twin map[string]string, from []byte) {
	to := []byte{from[0] + 1}
	var want, got []string
	for _, k := range slices.Sorted(maps.Keys(twin)) {
		if value, found := r.Get([]byte(k)); !found || string(value) != twin[k] {
			t.Fatalf("key %q: %q, %t, want %q", k, value, found, twin[k])
		}
		if k >= string(from) && bytes.Compare([]byte(k), to) < 0 {
			want = append(want, k+"="+twin[k])
		}
	}
	r.Scan(from, to, func(key, value []byte) bool {
		got = append(got, string(key)+"="+string(value))
		return true
	})
	if !slices.Equal(got, want) {
		t.Fatalf("scan from %q: %q, want %q", from, got, want)
	}
	if len(want) > 1 { // a scan that is stopped
		var first []string
		r.Scan(from, to, func(key, value []byte) bool {
			first = append(first, string(key)+"="+string(value))
			return false
		})
		if !slices.Equal(first, want[:1]) {
			t.Fatalf("stopped scan from %q: %q, want %q", from, first, want[:1])
		}
	}
}

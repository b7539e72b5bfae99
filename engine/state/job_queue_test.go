package state

import (
	"testing"

	"github.com/payhub/payhub/engine/record"
)

// counting counts the rows that scans touch.
type counting struct {
	Reader
	rows int
}

func (c *counting) Scan(from, to []byte, visit func(key, value []byte) bool) {
	c.Reader.Scan(from, to, func(key, value []byte) bool {
		c.rows++
		return visit(key, value)
	})
}

func TestAQueueOfJobsIsNotSearchedFromItsFirstJobEver(t *testing.T) {
	store := NewMemory()
	reader := &counting{Reader: store}
	overlay := NewOverlay(reader)
	tables := NewTables(overlay, NewDefinitions())
	commit := func() {
		store.Apply(overlay.Rows())
		overlay.Reset()
	}
	queue := func() (keys []int64) {
		tables.ActivatableJobs(record.DefaultTenant, "pay", func(key int64) bool {
			keys = append(keys, key)
			return len(keys) < 1
		})
		return keys
	}
	put := func(before *Job, key int64, s JobState) *Job {
		j := &Job{Key: key, Type: "pay", State: s}
		tables.PutJob(record.DefaultTenant, before, j)
		return j
	}
	want := func(what string, keys ...int64) {
		t.Helper()
		got := queue()
		if len(got) != len(keys) || len(keys) > 0 && got[0] != keys[0] {
			t.Errorf("%s: got %v, want %v", what, got, keys)
		}
	}

	want("empty")
	reader.rows = 0
	want("known to be empty")
	if reader.rows != 0 {
		t.Errorf("an empty queue was scanned: %d rows", reader.rows)
	}
	first, second := put(nil, 10, JobActivatable), put(nil, 20, JobActivatable)
	want("in the same decision", 10)
	commit()
	want("committed", 10)
	first = put(first, 10, JobActivated)
	want("the first is taken", 20)
	overlay.Reset() // the decision is discarded
	want("the first was not taken after all", 10)
	put(&Job{Key: 10, Type: "pay"}, 10, JobActivated)
	commit()
	want("the second is first now", 20)
	put(first, 10, JobActivatable)
	want("the first is back", 10)
	overlay.Reset()
	want("it is not back after all", 20)
	put(second, 20, JobActivated)
	commit()
	want("all are taken")
	put(&Job{Key: 10, Type: "pay", State: JobActivated}, 10, JobActivatable)
	commit()
	want("the oldest is back", 10)
}

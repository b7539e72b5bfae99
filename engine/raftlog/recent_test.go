package raftlog

import (
	"bytes"
	"testing"
	"time"

	"github.com/hashicorp/raft"
	"pgregory.net/rapid"
)

// With and without the newest entries in memory, raft reads the same, whatever happened to the log.
func TestRecentEntriesAreThoseOnDisk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, err := openLog(newFaultDisk(), "log", 1<<20, func(error) {})
		if err != nil {
			t.Fatal(err)
		}
		defer l.close()
		view := l.Partition(1)
		r := &recent{PartitionLog: view}
		last, term := uint64(0), uint64(1)
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				var logs []*raft.Log
				for range rapid.IntRange(1, 20).Draw(t, "entries") {
					last++
					data := bytes.Repeat([]byte{byte(last), byte(term)}, rapid.SampledFrom([]int{0, 3, 100, recentSize}).Draw(t, "size"))
					logs = append(logs, &raft.Log{Index: last, Term: term, Data: data, AppendedAt: time.Now()})
				}
				if err := r.StoreLogs(logs); err != nil {
					t.Fatal(err)
				}
			},
			"cut": func(t *rapid.T) {
				first, _ := view.FirstIndex()
				if first == 0 {
					t.Skip("empty")
				}
				from := rapid.Uint64Range(first, last).Draw(t, "from")
				if err := r.DeleteRange(from, last); err != nil {
					t.Fatal(err)
				}
				last, term = from-1, term+1
			},
			"hide": func(t *rapid.T) {
				first, _ := view.FirstIndex()
				if first == 0 {
					t.Skip("empty")
				}
				if err := r.DeleteRange(first, rapid.Uint64Range(first, last).Draw(t, "to")); err != nil {
					t.Fatal(err)
				}
			},
			"reset": func(t *rapid.T) {
				last += 5
				term++
				if err := view.Reset(last); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				for index := last + 3; index > 0 && index+30 > last; index-- {
					var fast, slow raft.Log
					if a, b := r.GetLog(index, &fast), view.GetLog(index, &slow); a != b {
						t.Fatalf("entry %d: %v in memory, %v on disk", index, a, b)
					}
					if fast.Index != slow.Index || fast.Term != slow.Term || !bytes.Equal(fast.Data, slow.Data) || !fast.AppendedAt.Equal(slow.AppendedAt) {
						t.Fatalf("entry %d differs", index)
					}
				}
			},
		})
	})
}

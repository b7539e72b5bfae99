package raftlog

import (
	"fmt"
	"math"
	"testing"

	"github.com/hashicorp/raft"
	"pgregory.net/rapid"
)

// A partition that rests, with entries that a follower or an exporter may still need, does not keep
// the segments that it shares with a busy one.
func TestARestingPartitionDoesNotPinTheLogOfABusyOne(t *testing.T) {
	d := newFaultDisk()
	l := mustOpen(t, d)
	busy, rests := l.Partition(1), l.Partition(2)
	must(t, busy.Keep(math.MaxUint64))
	fillLog(t, rests, 1, 3, 100)
	must(t, rests.Keep(2)) // an exporter has all but the last one, which is its own acknowledgement
	must(t, rests.DeleteRange(1, 1))
	for i := uint64(1); i <= 3000; i++ {
		fillLog(t, busy, i, i, 200)
		if i%100 == 0 {
			first, err := busy.FirstIndex()
			must(t, err)
			must(t, busy.DeleteRange(first, i-10))
			_, err = l.carryForward()
			must(t, err)
		}
	}
	if n := l.Stats().Segments; n > carryFrom+2 {
		t.Errorf("%d segments are kept", n)
	}
	check := func(l *Log) {
		t.Helper()
		for i := uint64(2); i <= 3; i++ {
			var e raft.Log
			if err := l.Partition(2).Read(i, &e); err != nil || e.Index != i {
				t.Errorf("entry %d: %v", i, err)
			}
		}
	}
	check(l)
	must(t, l.close())
	l = mustOpen(t, d.crash(func() bool { return false }))
	check(l)
	must(t, l.close())
}

func TestAPartitionThatNeedsMuchIsNamedAndNotWrittenAgain(t *testing.T) {
	l := mustOpen(t, newFaultDisk())
	defer l.close()
	v := l.Partition(7)
	for i := uint64(1); len(l.segs) < carryFrom+1; i++ {
		fillLog(t, v, i, i, 1000)
	}
	frames := l.Stats().Frames
	pinned, err := l.carryForward()
	must(t, err)
	if fmt.Sprint(pinned) != "[7]" || l.Stats().Frames != frames {
		t.Errorf("pinned %v, %d frames written", pinned, l.Stats().Frames-frames)
	}
}

// TestCarryingChangesNothingThatIsRead writes entries of partitions again at random moments, between
// cuts, hides and crashes, and compares with a log that does not.
func TestCarryingChangesNothingThatIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newFaultDisk()
		l, err := openLog(d, "log", testSegment, func(error) {})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { l.close() }()
		twin := map[uint16]map[uint64]string{1: {}, 2: {}, 3: {}}
		last := map[uint16]uint64{}
		n := 0
		ok := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		for range rapid.IntRange(20, 120).Draw(t, "steps") {
			id := rapid.Uint16Range(1, 3).Draw(t, "partition")
			v := l.Partition(id)
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			default:
				for range rapid.IntRange(1, 20).Draw(t, "entries") {
					n++
					last[id]++
					text := fmt.Sprintf("%d %0*d", n, rapid.IntRange(0, 300).Draw(t, "size"), 0)
					ok(v.StoreLog(entry(last[id], text)))
					twin[id][last[id]] = text
				}
			case 6:
				if from := v.hidden + 1; from <= last[id] {
					at := rapid.Uint64Range(from, last[id]).Draw(t, "cut")
					if at == from && at > 1 { // raft never cuts all it sees
						continue
					}
					ok(v.DeleteRange(at, last[id]))
					for i := at; i <= last[id]; i++ {
						delete(twin[id], i)
					}
					last[id] = at - 1
				}
			case 7:
				if from := v.hidden + 1; from < last[id] {
					ok(v.DeleteRange(from, rapid.Uint64Range(from, last[id]-1).Draw(t, "hide")))
					ok(v.Keep(v.hidden))
				}
			case 8:
				_, err := l.carryForward()
				ok(err)
			case 9:
				d = d.crash(func() bool { return rapid.Bool().Draw(t, "keep") })
				l.close()
				l, err = openLog(d, "log", testSegment, func(error) {})
				ok(err)
				for id := range twin {
					v := l.Partition(id)
					ok(v.Keep(v.hidden)) // as the state says after a restart too
				}
			}
			for id, entries := range twin {
				v := l.Partition(id)
				for i := v.needed(); i <= last[id]; i++ {
					var e raft.Log
					if err := v.Read(i, &e); err != nil || string(e.Data) != entries[i] {
						t.Fatalf("partition %d, entry %d: %q %v, want %q", id, i, e.Data, err, entries[i])
					}
				}
			}
		}
	})
}

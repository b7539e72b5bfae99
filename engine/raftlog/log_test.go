package raftlog

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/raft"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testSegment = 16 << 10

func entry(index uint64, data string) *raft.Log {
	return &raft.Log{Index: index, Term: 1 + index/10, Type: raft.LogCommand, Data: []byte(data), AppendedAt: time.Unix(0, int64(index))}
}

func mustOpen(t testing.TB, d Files) *Log {
	t.Helper()
	l, err := openLog(d, "log", testSegment, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fillLog(t testing.TB, v *PartitionLog, from, to uint64, size int) {
	t.Helper()
	for i := from; i <= to; i++ {
		must(t, v.StoreLog(entry(i, string(bytes.Repeat([]byte{byte(i)}, size)))))
	}
}

// bounds are FirstIndex, LastIndex and Oldest.
func bounds(t testing.TB, v *PartitionLog) [3]uint64 {
	t.Helper()
	first, err := v.FirstIndex()
	must(t, err)
	last, err := v.LastIndex()
	must(t, err)
	return [3]uint64{first, last, v.Oldest()}
}

func TestEntriesComeBackAsTheyWereStored(t *testing.T) {
	d := newFaultDisk()
	l := mustOpen(t, d)
	want := &raft.Log{Index: 1, Term: 7, Type: raft.LogConfiguration, Data: []byte("data"), Extensions: []byte("ext"), AppendedAt: time.Unix(3, 4)}
	must(t, l.Partition(3).StoreLog(want))
	must(t, l.Partition(3).SetUint64([]byte("term"), 7))
	must(t, l.close())
	l = mustOpen(t, d)
	defer l.close()
	var got raft.Log
	must(t, l.Partition(3).GetLog(1, &got))
	if fmt.Sprint(got) != fmt.Sprint(*want) {
		t.Errorf("entry %v, want %v", got, *want)
	}
	if n, err := l.Partition(3).GetUint64([]byte("term")); n != 7 || err != nil {
		t.Errorf("term %d %v, want 7", n, err)
	}
	if _, err := l.Partition(3).Get([]byte("vote")); err == nil || err.Error() != "not found" {
		t.Errorf("a missing value: %v, want the text raft looks for: not found", err)
	}
	if err := l.Partition(3).GetLog(2, &got); !errors.Is(err, raft.ErrLogNotFound) {
		t.Errorf("a missing entry: %v", err)
	}
}

func TestHiddenEntriesStayReadableUntilTheyAreExported(t *testing.T) {
	d := newFaultDisk()
	l := mustOpen(t, d)
	v := l.Partition(1)
	fillLog(t, v, 1, 100, 1000) // some seven segments
	must(t, v.DeleteRange(1, 80))
	if got, want := bounds(t, v), [3]uint64{81, 100, 1}; got != want {
		t.Fatalf("first, last, oldest %v, want %v", got, want)
	}
	var e raft.Log
	if err := v.GetLog(80, &e); !errors.Is(err, raft.ErrLogNotFound) {
		t.Errorf("raft sees a hidden entry: %v", err)
	}
	must(t, v.Read(5, &e))
	must(t, v.Keep(50))
	if b := bounds(t, v); b[2] < 30 || b[2] > 51 {
		t.Errorf("the oldest entry is %d; want one close to 51, not above", b[2])
	}
	must(t, v.Keep(math.MaxUint64))
	if b := bounds(t, v); b[2] <= 51 || b[2] > 81 {
		t.Errorf("the oldest entry is %d; want one close to 81, not above", b[2])
	}
	must(t, l.close())
	l = mustOpen(t, d)
	defer l.close()
	if b := bounds(t, l.Partition(1)); b[0] != 81 || b[1] != 100 {
		t.Errorf("after opening again: %v", b)
	}
}

func TestARestPartitionDoesNotLoseItsValuesWhenSegmentsGo(t *testing.T) {
	d := newFaultDisk()
	l := mustOpen(t, d)
	quiet, busy := l.Partition(1), l.Partition(2)
	must(t, quiet.SetUint64([]byte("term"), 42))
	must(t, busy.Keep(math.MaxUint64))
	for i := range uint64(10) {
		fillLog(t, busy, i*20+1, i*20+20, 1000)
		must(t, busy.DeleteRange(i*20+1, i*20+20))
	}
	if n := l.Stats().Segments; n > 3 {
		t.Errorf("%d segments are left", n)
	}
	must(t, l.close())
	l = mustOpen(t, d)
	defer l.close()
	if n, err := l.Partition(1).GetUint64([]byte("term")); n != 42 || err != nil {
		t.Errorf("term %d, %v", n, err)
	}
}

func TestAnEntryLargerThanASegmentIsStored(t *testing.T) {
	d := newFaultDisk()
	l := mustOpen(t, d)
	v := l.Partition(1)
	fillLog(t, v, 1, 3, 3*testSegment)
	must(t, l.close())
	l = mustOpen(t, d)
	defer l.close()
	var e raft.Log
	must(t, l.Partition(1).GetLog(2, &e))
	if len(e.Data) != 3*testSegment {
		t.Errorf("%d bytes", len(e.Data))
	}
}

func TestManyWritersShareFsyncs(t *testing.T) {
	d := newFaultDisk()
	l := mustOpen(t, d)
	defer l.close()
	d.mu.Lock()
	d.onSync = func(int) error { time.Sleep(200 * time.Microsecond); return nil }
	d.mu.Unlock()
	var all sync.WaitGroup
	for p := range uint16(8) {
		all.Go(func() {
			for i := range uint64(50) {
				if err := l.Partition(p).StoreLog(entry(i+1, "x")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if st := l.Stats(); st.Frames > st.Records/2 {
		t.Errorf("%d writes for %d records", st.Frames, st.Records)
	}
}

func TestTheFirstDiskErrorIsLatched(t *testing.T) {
	once := func(n int) func(int) error {
		first := 0
		return func(now int) error {
			if first == 0 {
				first = now
			}
			if now == first+n {
				return errIO
			}
			return nil
		}
	}
	for name, fail := range map[string]func(*faultDisk){
		"fsync error": func(d *faultDisk) { d.onSync = once(5) },
		"write error": func(d *faultDisk) { d.onWrite = once(5) },
		"disk full":   func(d *faultDisk) { d.onWrite = func(n int) error { return syscall.ENOSPC } },
	} {
		t.Run(name, func(t *testing.T) {
			d := newFaultDisk()
			told := make(chan error, 9)
			l, err := openLog(d, "log", testSegment, func(err error) { told <- err })
			must(t, err)
			v := l.Partition(1)
			must(t, v.StoreLog(entry(1, "before")))
			d.mu.Lock()
			fail(d)
			d.mu.Unlock()
			acked := uint64(1)
			var first error
			for i := uint64(2); i < 50; i++ {
				err := v.StoreLog(entry(i, "x"))
				if err == nil && first != nil {
					t.Fatalf("entry %d was acknowledged after an error", i)
				}
				if err == nil {
					acked = i
				} else if first == nil {
					first = err
				} else if err != first {
					t.Fatalf("a later error is %v, want the first one, %v", err, first)
				}
			}
			if first == nil || <-told != first || len(told) > 0 {
				t.Fatal("the error was not reported once")
			}
			l.close()
			rng := rand.New(rand.NewPCG(1, 2))
			l = mustOpen(t, d.crash(func() bool { return rng.IntN(2) == 0 }))
			defer l.close()
			if b := bounds(t, l.Partition(1)); b[1] < acked || b[1] > acked+1 {
				t.Errorf("after a restart the last entry is %d; %d were acknowledged", b[1], acked)
			}
		})
	}
}

// TestATornTailLosesOnlyWhatWasNotAcknowledged cuts, zeroes and garbles the last frame from each of
// its bytes on.
func TestATornTailLosesOnlyWhatWasNotAcknowledged(t *testing.T) {
	d := newFaultDisk()
	l := mustOpen(t, d)
	fillLog(t, l.Partition(1), 1, 3, 100)
	before := l.at
	fillLog(t, l.Partition(1), 4, 4, 100)
	after := l.at
	must(t, l.close())
	name := filepath.Join("log", segmentName(1))
	rng := rand.New(rand.NewPCG(3, 4))
	for at := before; at < after; at++ {
		for _, how := range []string{"cut", "zero", "garble"} {
			torn := d.crash(func() bool { return true })
			f := torn.names[name]
			switch how {
			case "cut":
				f.content = f.content[:at]
			case "zero":
				clear(f.content[at:])
			case "garble":
				for i := at; i < int64(len(f.content)); i++ {
					f.content[i] = byte(rng.Uint32())
				}
			}
			l := mustOpen(t, torn)
			last := bounds(t, l.Partition(1))[1]
			if last != 3 && !(how == "zero" && last == 4) { // the end of the frame may be zeros anyway
				t.Fatalf("%s at byte %d: last entry %d, want 3", how, at, last)
			}
			must(t, l.Partition(1).StoreLog(entry(last+1, "again")))
			must(t, l.close())
		}
	}
}

func TestDamageBehindWhichThereAreValidFramesIsRefused(t *testing.T) {
	d := newFaultDisk()
	l := mustOpen(t, d)
	fillLog(t, l.Partition(1), 1, 40, 1000) // three segments
	lastFrame := l.at - int64(frameHeader+pad(recHeader+1000))
	must(t, l.close())
	rng := rand.New(rand.NewPCG(5, 6))
	refused := 0
	for range 500 {
		hurt := d.crash(func() bool { return true })
		seg := uint64(1 + rng.IntN(3))
		f := hurt.names[filepath.Join("log", segmentName(seg))]
		bit := rng.IntN(8 * len(f.content))
		f.content[bit/8] ^= 1 << (bit % 8)
		l, err := openLog(hurt, "log", testSegment, func(error) {})
		var damaged *DamagedError
		switch {
		case errors.As(err, &damaged):
			refused++
		case err != nil:
			t.Fatalf("an error that does not say what is damaged: %v", err)
		default:
			last := bounds(t, l.Partition(1))[1]
			if last != 40 && !(seg == 3 && int64(bit/8) >= lastFrame && last == 39) {
				t.Fatalf("bit %d of segment %d: the last entry is %d", bit, seg, last)
			}
			for i := uint64(1); i <= last; i++ {
				var e raft.Log
				must(t, l.Partition(1).GetLog(i, &e))
				if !bytes.Equal(e.Data, bytes.Repeat([]byte{byte(i)}, 1000)) {
					t.Fatalf("entry %d is wrong", i)
				}
			}
			must(t, l.close())
		}
	}
	if refused < 300 {
		t.Errorf("only %d of 500 flipped bits were noticed", refused)
	}
}

func TestDamageUnderARunningLogIsFoundOnReading(t *testing.T) {
	d := newFaultDisk()
	l := mustOpen(t, d)
	defer l.close()
	fillLog(t, l.Partition(1), 1, 3, 100)
	d.names[filepath.Join("log", segmentName(1))].content[frameHeader+recHeader+7] ^= 1
	var e raft.Log
	var damaged *DamagedError
	if err := l.Partition(1).GetLog(1, &e); !errors.As(err, &damaged) {
		t.Fatalf("error %v", err)
	}
	if err := l.Partition(1).StoreLog(entry(4, "x")); err == nil {
		t.Error("the log goes on after damage was found")
	}
}

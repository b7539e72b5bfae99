package export_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/export"
	"github.com/payhub/payhub/engine/record"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memoryLog is a Source over entries in memory; entry i has index i+1.
type memoryLog struct {
	lock    sync.Mutex
	entries [][]byte
	next    int64
	changed chan struct{}
}

func newLog() *memoryLog { return &memoryLog{next: 1, changed: make(chan struct{})} }

// add commits one entry with n records of a job, or with acknowledgements.
func (l *memoryLog) add(n int, value record.Value) {
	l.lock.Lock()
	defer l.lock.Unlock()
	b := record.Batch{Now: 1000 + l.next, FirstPosition: l.next}
	for range n {
		b.Records = append(b.Records, record.Record{Position: l.next, SourcePosition: -1, Key: l.next, ValueType: value.ValueType(), Value: value})
		l.next++
	}
	l.entries = append(l.entries, b.Append(nil))
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *memoryLog) Read(ctx context.Context, from uint64, visit func(uint64, []byte) error) (uint64, error) {
	for {
		l.lock.Lock()
		if from > uint64(len(l.entries)) {
			l.lock.Unlock()
			return from, ctx.Err()
		}
		entry := l.entries[from-1]
		l.lock.Unlock()
		if err := visit(from, entry); err != nil {
			return from, err
		}
		from++
	}
}

func (l *memoryLog) Wait(ctx context.Context, index uint64) error {
	for {
		l.lock.Lock()
		there, changed := index <= uint64(len(l.entries)), l.changed
		l.lock.Unlock()
		if there {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// sink is an exporter that remembers, and fails when it is told to.
type sink struct {
	lock                sync.Mutex
	configured          export.Context
	buffered, delivered []int64
	fail                func(call string) error
	opened, closed      int
}

func (s *sink) call(name string) error {
	if s.fail == nil {
		return nil
	}
	return s.fail(name)
}

func (s *sink) Configure(c export.Context) error { s.configured = c; return s.call("configure") }
func (s *sink) Open(context.Context) error       { s.opened++; return s.call("open") }
func (s *sink) Close() error                     { s.closed++; return s.call("close") }

func (s *sink) Export(_ context.Context, r *record.Record) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	if err := s.call("export"); err != nil {
		return err
	}
	s.buffered = append(s.buffered, r.Position)
	return nil
}

func (s *sink) Flush(context.Context) ([]byte, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if err := s.call("flush"); err != nil {
		return nil, err
	}
	s.delivered, s.buffered = append(s.delivered, s.buffered...), nil
	return []byte(fmt.Sprint(len(s.delivered))), nil
}

func (s *sink) positions() []int64 {
	s.lock.Lock()
	defer s.lock.Unlock()
	return slices.Clone(s.delivered)
}

// acknowledgements remembers positions as the log would.
type acknowledgements struct {
	lock sync.Mutex
	last export.Position
	all  int
	log  *memoryLog
}

func (a *acknowledgements) write(_ context.Context, exporter string, p export.Position) error {
	a.lock.Lock()
	a.last, a.all = p, a.all+1
	a.lock.Unlock()
	if a.log != nil {
		a.log.add(1, &record.Exporter{ExporterID: exporter, Position: p.Record})
	}
	return nil
}

func (a *acknowledgements) get() (export.Position, int) {
	a.lock.Lock()
	defer a.lock.Unlock()
	return a.last, a.all
}

func config(log *memoryLog, acks *acknowledgements, entries ...export.Entry) export.Config {
	return export.Config{
		Partition: 1, Source: log, Acknowledge: acks.write, Exporters: entries,
		FlushInterval: time.Millisecond, AcknowledgeInterval: time.Millisecond, LongestBackOff: time.Millisecond,
	}
}

func start(t rapid.TB, c export.Config) *export.Director {
	t.Helper()
	d, err := export.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// eventually waits until a condition holds.
func eventually(t rapid.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came true that %s", what)
		}
	}
}

func upTo(n int64) []int64 {
	list := make([]int64, 0, n)
	for i := int64(1); i <= n; i++ {
		list = append(list, i)
	}
	return list
}

func TestRecordsComeInOrderAndAreAcknowledgedAfterFlush(t *testing.T) {
	log, acks, s := newLog(), &acknowledgements{}, &sink{}
	log.add(3, &record.Job{})
	d := start(t, config(log, acks, export.Entry{ID: "a", Exporter: s}))
	log.add(2, &record.Job{})
	eventually(t, "5 records are acknowledged", func() bool { p, _ := acks.get(); return p.Record == 5 })
	d.Stop()
	if got := s.positions(); !slices.Equal(got, upTo(5)) {
		t.Errorf("delivered %v", got)
	}
	if p, _ := acks.get(); p.Index != 2 || string(p.Metadata) != "5" {
		t.Errorf("acknowledged %+v", p)
	}
	if s.closed != 1 {
		t.Errorf("closed %d times", s.closed)
	}
}

func TestAcknowledgementsDoNotCauseAcknowledgements(t *testing.T) {
	log := newLog()
	acks, s := &acknowledgements{log: log}, &sink{}
	log.add(1, &record.Job{})
	d := start(t, config(log, acks, export.Entry{ID: "a", Exporter: s}))
	eventually(t, "the record is acknowledged", func() bool { _, n := acks.get(); return n == 1 })
	time.Sleep(50 * time.Millisecond)
	d.Stop()
	if _, n := acks.get(); n != 1 {
		t.Errorf("one record caused %d acknowledgements", n)
	}
}

func TestFilteredRecordsAreAcknowledgedToo(t *testing.T) {
	log, acks, s := newLog(), &acknowledgements{}, &sink{}
	log.add(2, &record.Timer{})
	log.add(1, &record.Job{})
	log.add(2, &record.Timer{})
	onlyJobs := func(r *record.Record) bool { return r.ValueType == record.JobValue }
	d := start(t, config(log, acks, export.Entry{ID: "a", Exporter: s, Accept: onlyJobs}))
	eventually(t, "5 records are acknowledged", func() bool { p, _ := acks.get(); return p.Record == 5 })
	d.Stop()
	if got := s.positions(); !slices.Equal(got, []int64{3}) {
		t.Errorf("delivered %v", got)
	}
}

func TestAFailingExporterDoesNotHoldUpAnother(t *testing.T) {
	log, acks := newLog(), &acknowledgements{}
	broken := &sink{fail: func(call string) error {
		if call == "export" {
			return errors.New("sink is down")
		}
		return nil
	}}
	sound := &sink{}
	log.add(4, &record.Job{})
	d := start(t, config(log, acks, export.Entry{ID: "broken", Exporter: broken}, export.Entry{ID: "sound", Exporter: sound}))
	eventually(t, "the sound one has 4", func() bool { return len(sound.positions()) == 4 })
	eventually(t, "the broken one says why", func() bool { return d.Status()[0].Failure == "read: record 1: sink is down" })
	d.Stop()
	if got := broken.positions(); len(got) != 0 {
		t.Errorf("the broken one delivered %v", got)
	}
}

func TestWrongSettingsEndTheStart(t *testing.T) {
	refuse := &sink{fail: func(string) error { return errors.New("dir is missing") }}
	_, err := export.Start(config(newLog(), &acknowledgements{}, export.Entry{ID: "f", Exporter: refuse}))
	if err == nil || err.Error() != "exporter f: dir is missing" {
		t.Errorf("the error is %v", err)
	}
	_, err = export.Start(config(newLog(), &acknowledgements{}, export.Entry{ID: "f", Exporter: &sink{}}, export.Entry{ID: "f", Exporter: &sink{}}))
	if err == nil {
		t.Error("two exporters of one id were accepted")
	}
}

// TestNothingIsLostOverFailuresAndRestarts: whatever fails and whenever the director stops,
// after the last start every record was delivered, in order within each run, and nothing was
// acknowledged that was not delivered.
func TestNothingIsLostOverFailuresAndRestarts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := newLog()
		acks := &acknowledgements{log: log}
		failing := rapid.SliceOfN(rapid.Bool(), 0, 30).Draw(t, "failing")
		var lock sync.Mutex
		delivered := map[int64]bool{}
		runs := rapid.IntRange(1, 4).Draw(t, "runs")
		for run := range runs {
			s := &sink{fail: func(call string) error {
				lock.Lock()
				defer lock.Unlock()
				if call != "configure" && len(failing) > 0 {
					now := failing[0]
					failing = failing[1:]
					if now {
						return errors.New("it fails")
					}
				}
				return nil
			}}
			from, _ := acks.get()
			c := config(log, acks, export.Entry{ID: "a", Exporter: s, Acknowledged: from})
			c.FlushRecords = rapid.IntRange(1, 5).Draw(t, "flush")
			c.LongestBackOff = 100 * time.Microsecond
			d := start(t, c)
			for range rapid.IntRange(0, 5).Draw(t, "entries") {
				log.add(rapid.IntRange(0, 4).Draw(t, "records"), &record.Job{})
			}
			if run == runs-1 {
				log.lock.Lock()
				last := log.next - 1
				log.lock.Unlock()
				eventually(t, "everything is delivered", func() bool {
					p := s.positions()
					return last <= from.Record || len(p) > 0 && p[len(p)-1] >= last
				})
			}
			d.Stop()
			if got := s.positions(); !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
				t.Fatalf("one run delivered %v", got)
			}
			for _, p := range s.positions() {
				delivered[p] = true
			}
			p, _ := acks.get()
			for i := int64(1); i <= p.Record; i++ {
				if !delivered[i] {
					t.Fatalf("%d is acknowledged and %d was not delivered", p.Record, i)
				}
			}
		}
	})
}

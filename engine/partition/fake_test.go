package partition

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeLog commits at once, unless a test says otherwise.
type fakeLog struct {
	changes chan Leadership
	mu      sync.Mutex
	entries int
	err     error         // of the next proposals
	gate    chan struct{} // when set, a proposal waits for it
	held    atomic.Bool   // a proposal waits
	full    atomic.Pointer[error]
}

func (l *fakeLog) Propose(term uint64, entry []byte, _ []record.Row) error {
	l.mu.Lock()
	gate, err := l.gate, l.err
	l.mu.Unlock()
	if gate != nil {
		l.held.Store(true)
		<-gate
	}
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries++
	return nil
}

func (l *fakeLog) Leadership() <-chan Leadership { return l.changes }

func (l *fakeLog) Full() error {
	if err := l.full.Load(); err != nil {
		return *err
	}
	return nil
}

func (l *fakeLog) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

// fakeState is what a fake engine knows; it outlives its machines.
type fakeState struct {
	waiting   []int64 // activatable jobs
	activated map[int64]bool
	due       []int64 // times
	awaiting  []uint64
	putOff    bool // something was put off that makes the engine fail
}

// fakeMachine is a tiny engine with these commands: completing a job answers (and makes the engine
// fail for key 13); a timer's trigger creates the job with its key; activating and yielding jobs as
// the real ones; publishing message "await" is answered later, by message "release".
type fakeMachine struct {
	s       *fakeState
	out     core.Output
	records []record.Record
	changes []func()
	free    []int64 // as the decision sees it
	streams core.Streams
	poison  *atomic.Bool // what is due makes the engine fail
	now     int64
}

func (m *fakeMachine) Decide(in core.Input) core.Output {
	m.out, m.records, m.changes, m.now = core.Output{}, nil, nil, in.Now
	m.free, m.streams = slices.Clone(m.s.waiting), in.Streams
	if m.s.putOff && !in.LeavePutOff {
		panic("something put off")
	}
	for _, at := range m.s.due {
		if at <= in.Now {
			if m.poison.Load() {
				panic("something due")
			}
			m.emit(at, record.TimerTriggered, &record.Timer{})
			m.changes = append(m.changes, func() {
				m.s.due = slices.DeleteFunc(m.s.due, func(other int64) bool { return other == at })
			})
		}
	}
	for _, c := range in.Commands {
		m.process(c)
	}
	if len(m.records) > 0 {
		m.out.Batch = &record.Batch{Now: in.Now, FirstPosition: 1, Records: m.records}
	}
	free := m.free
	m.changes = append(m.changes, func() { m.s.waiting = free })
	return m.out
}

func (m *fakeMachine) emit(key int64, intent record.Intent, v record.Value) {
	m.records = append(m.records, record.Record{Key: key, Type: record.Event, ValueType: v.ValueType(), Intent: intent, Value: v})
}

func (m *fakeMachine) process(c core.Command) {
	m.records = append(m.records, c.Record)
	key := c.Record.Key
	switch v := c.Record.Value.(type) {
	case *record.Job:
		if c.Record.Intent == record.JobYield {
			m.emit(key, record.JobYielded, &record.Job{Type: "work"})
			m.offer(key)
			return
		}
		if key == 13 {
			panic("job 13")
		}
		m.emit(key, record.JobCompleted, v)
		m.respond(c.RequestID, key)
	case *record.Timer:
		m.emit(key, record.JobCreated, &record.Job{Type: "work"})
		m.offer(key)
		m.respond(c.RequestID, key)
	case *record.JobBatch:
		n := min(len(m.free), int(v.MaxJobsToActivate))
		for _, job := range m.free[:n] {
			m.push(v.Stream, job)
		}
		m.free = m.free[n:]
	case *record.Message:
		if v.Name == "await" {
			m.changes = append(m.changes, func() { m.s.awaiting = append(m.s.awaiting, c.RequestID) })
			return
		}
		for _, id := range m.s.awaiting {
			m.respond(id, key)
		}
		m.changes = append(m.changes, func() { m.s.awaiting = nil })
		m.respond(c.RequestID, key)
	default:
		m.respond(c.RequestID, key)
	}
}

func (m *fakeMachine) respond(id uint64, key int64) {
	if id != 0 {
		m.out.Responses = append(m.out.Responses, core.Response{RequestID: id, Record: record.Record{Key: key, Timestamp: m.now}})
	}
}

func (m *fakeMachine) offer(job int64) {
	target, ok := m.streams.Acquire("work", record.DefaultTenant)
	if !ok {
		m.free = append(m.free, job)
		return
	}
	m.push(target.Stream, job)
}

func (m *fakeMachine) push(stream uint64, job int64) {
	m.emit(-1, record.JobBatchActivated, &record.JobBatch{Type: "work", JobKeys: []int64{job}, Stream: stream})
	m.out.Pushes = append(m.out.Pushes, core.Push{Stream: stream, Key: job, Job: record.Job{Type: "work"}})
}

func (m *fakeMachine) Committed(*record.Batch) {
	for _, change := range m.changes {
		change()
	}
}

func (m *fakeMachine) Due(now int64) (bool, int64) {
	next := int64(math.MaxInt64)
	for _, at := range m.s.due {
		next = min(next, at)
	}
	return next <= now, next
}

// world is a partition over a fake log and engine.
type world struct {
	*Partition
	log       *fakeLog
	state     *fakeState
	poison    atomic.Bool
	made      atomic.Int32
	available chan string
}

func open(t *testing.T, change func(*Config)) *world {
	t.Helper()
	w := &world{
		log: &fakeLog{changes: make(chan Leadership, 4)}, state: &fakeState{activated: map[int64]bool{}},
		available: make(chan string, 1000),
	}
	c := Config{
		ID: 1, Log: w.log,
		NewMachine: func() Machine { w.made.Add(1); return &fakeMachine{s: w.state, poison: &w.poison} },
		JobsAvailable: func(jobType string) {
			select {
			case w.available <- jobType:
			default: // most tests do not listen
			}
		},
	}
	if change != nil {
		change(&c)
	}
	w.Partition = Open(c)
	t.Cleanup(w.Partition.Close)
	w.lead(t, 1)
	return w
}

func (w *world) lead(t *testing.T, term uint64) {
	t.Helper()
	w.log.changes <- Leadership{Leader: true, Term: term}
	waitFor(t, "leadership", w.Leads)
}

func waitFor(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// hold keeps the partition busy with one command, so that others queue up, until it is called off.
func (w *world) hold(t *testing.T) (release func()) {
	t.Helper()
	gate := make(chan struct{})
	release = sync.OnceFunc(func() { close(gate) })
	t.Cleanup(release)
	w.log.set(func() { w.log.gate = gate })
	go w.Submit(context.Background(), complete(0)) //nolint:errcheck // it only takes time
	waitFor(t, "a proposal", w.log.held.Load)
	return release
}

func complete(key int64) record.Record {
	return record.NewCommand(key, record.JobComplete, &record.Job{})
}

func create(key int64) record.Record {
	return record.NewCommand(key, record.TimerTrigger, &record.Timer{})
}

func message(name string) record.Record {
	return record.NewCommand(int64(len(name)), record.MessagePublish, &record.Message{Name: name})
}

package partition

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
)

func TestWhoLeadsIsToldWithTheMachineBeforeAnythingIsDecided(t *testing.T) {
	type news struct {
		leads bool
		term  uint64
		there bool
		made  int32
	}
	var mu sync.Mutex
	var told []news
	w := open(t, func(c *Config) {
		make := c.NewMachine
		var made atomic.Int32
		c.NewMachine = func() Machine { made.Add(1); return make() }
		c.Led = func(leads bool, term uint64, m Machine) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, news{leads, term, m != nil, made.Load()})
		}
	})
	w.log.changes <- Leadership{Term: 2}
	waitFor(t, "the end of leadership", func() bool { return !w.Leads() })
	w.log.changes <- Leadership{Term: 3} // still nothing: nobody is told again
	w.lead(t, 4)
	mu.Lock()
	defer mu.Unlock()
	want := []news{{true, 1, true, 1}, {false, 1, false, 1}, {true, 4, true, 2}}
	if !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

// askingMachine asks for a checkpoint, and sends, with each decision that has a command.
type askingMachine struct {
	*fakeMachine
	number *int64
}

func (m askingMachine) Decide(in core.Input) core.Output {
	out := m.fakeMachine.Decide(in)
	if out.Batch != nil && len(in.Commands) > 0 {
		*m.number++
		out.Checkpoint = *m.number
		out.Sends = []record.Send{{Partition: 2, Sequence: *m.number}}
	}
	return out
}

func TestACheckpointIsTakenAfterItsBatchAndBeforeTheNextDecision(t *testing.T) {
	var number int64
	var mu sync.Mutex
	var seen []string
	var w *world
	w = open(t, func(c *Config) {
		c.MaxCommands = 1
		make := c.NewMachine
		c.NewMachine = func() Machine { return askingMachine{make().(*fakeMachine), &number} }
		c.Logger = silenced()
		note := func(what string, n int64) {
			w.log.mu.Lock()
			defer w.log.mu.Unlock()
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, fmt.Sprintf("%s %d after %d entries", what, n, w.log.entries))
		}
		c.Send = func(sends []record.Send) { note("send", sends[0].Sequence) }
		c.Checkpoint = func(n int64) error {
			time.Sleep(5 * time.Millisecond) // the next commands wait
			note("checkpoint", n)
			return errors.New("no room for it") // which does not stop the partition
		}
	})
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() { w.Submit(background, complete(1)) })
	}
	all.Wait()
	waitFor(t, "the last checkpoint", func() bool { mu.Lock(); defer mu.Unlock(); return len(seen) == 6 })
	for i, want := range []string{
		"send 1 after 1 entries", "checkpoint 1 after 1 entries", "send 2 after 2 entries",
		"checkpoint 2 after 2 entries", "send 3 after 3 entries", "checkpoint 3 after 3 entries",
	} {
		if seen[i] != want {
			t.Errorf("%d: %s, want %s", i, seen[i], want)
		}
	}
}

func TestNothingIsSentOfABatchThatIsNotCommitted(t *testing.T) {
	var number int64
	sent := make(chan struct{}, 9)
	w := open(t, func(c *Config) {
		make := c.NewMachine
		c.NewMachine = func() Machine { return askingMachine{make().(*fakeMachine), &number} }
		c.Send = func([]record.Send) { sent <- struct{}{} }
	})
	w.log.set(func() { w.log.err = ErrUnknownOutcome })
	if _, err := w.Submit(background, complete(1)); !errors.Is(err, ErrUnknownOutcome) {
		t.Fatal(err)
	}
	if len(sent) > 0 {
		t.Error("a send left before its batch was committed")
	}
}

// Jobs that were leased by the leader that is lost, and have not reached a worker, are given to the
// next leader to be made available again at once: those that wait in a stream, and those of a batch
// of which nobody knows whether it is committed.
func TestJobsOnTheWayToAWorkerAreGivenToTheNextLeader(t *testing.T) {
	given := make(chan []record.Record, 9)
	w := open(t, func(c *Config) { c.Undelivered = func(yields []record.Record) { given <- yields } })
	st := w.stream(t, 2)
	if _, err := w.Submit(background, create(41)); err != nil {
		t.Fatal(err)
	}
	w.log.set(func() { w.log.err = ErrUnknownOutcome })
	if _, err := w.Submit(background, create(42)); !errors.Is(err, ErrUnknownOutcome) {
		t.Fatal(err)
	}
	yields := <-given
	var keys []int64
	for _, y := range yields {
		if y.Intent != record.JobYield || y.Type != record.Command {
			t.Errorf("given %v", y)
		}
		keys = append(keys, y.Key)
	}
	slices.Sort(keys)
	if !slices.Equal(keys, []int64{41, 42}) {
		t.Errorf("given back %v, want 41 and 42", keys)
	}
	if _, err := st.Recv(background); !errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("the stream: %v", err)
	}

	w.log.set(func() { w.log.err = nil })
	w.lead(t, 2)
	w.stream(t, 2)
	w.log.set(func() { w.log.err = ErrNotLeader }) // surely not in the log: no lease was given
	if _, err := w.Submit(background, create(43)); !errors.Is(err, ErrNotLeader) {
		t.Fatal(err)
	}
	select {
	case yields := <-given:
		t.Errorf("given back %v of a batch that is surely not in the log", yields)
	default:
	}
}

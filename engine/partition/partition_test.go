package partition

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/record"
)

var background = context.Background()

func silent(c *Config) { c.Logger = slog.New(slog.NewTextHandler(io.Discard, nil)) }

func TestManyCallersGetTheirOwnAnswersAndShareEntries(t *testing.T) {
	w := open(t, nil)
	release := w.hold(t)
	var all sync.WaitGroup
	for key := range int64(500) {
		all.Go(func() {
			answer, err := w.Submit(background, complete(1000+key))
			if err != nil || answer.Key != 1000+key {
				t.Errorf("answer %d %v, want %d", answer.Key, err, 1000+key)
			}
		})
	}
	waitFor(t, "commands queue up", func() bool { return w.Stats().Queued == 500 })
	release()
	all.Wait()
	if s := w.Stats(); s.Commands != 501 || s.Batches != 3 { // 256 and 244
		t.Errorf("%d commands in %d entries", s.Commands, s.Batches)
	}
}

func TestAnAnswerMayComeWithALaterCommand(t *testing.T) {
	w := open(t, nil)
	got := make(chan record.Record)
	go func() {
		answer, err := w.Submit(background, message("await"))
		if err != nil {
			t.Error(err)
		}
		got <- answer
	}()
	waitFor(t, "the first entry", func() bool { return w.Stats().Batches == 1 })
	if _, err := w.Submit(background, message("release")); err != nil {
		t.Fatal(err)
	}
	if answer := <-got; answer.Key != int64(len("release")) {
		t.Errorf("answer %v", answer)
	}
}

func TestAFullQueueIsRefusedByName(t *testing.T) {
	w := open(t, func(c *Config) { c.QueueSize, c.MaxCommands = 2, 1 })
	release := w.hold(t)
	var all sync.WaitGroup
	defer all.Wait()
	defer release()
	for range 2 {
		all.Go(func() { w.Submit(background, complete(1)) })
	}
	waitFor(t, "the queue is full", func() bool { return w.Stats().Queued == 2 })
	_, err := w.Submit(background, complete(1))
	want := "the partition is overloaded: the command queue of partition 1 is full (2 commands wait); send less or more slowly"
	if !errors.Is(err, ErrQueueFull) || err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

func TestAFullDiskRefusesCallersAndRecovers(t *testing.T) {
	w := open(t, nil)
	full := errors.New("1 MiB left")
	w.log.full.Store(&full)
	if _, err := w.Submit(background, complete(1)); !errors.Is(err, ErrDiskFull) || !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
	w.Post(create(7)) // work that has begun goes on
	waitFor(t, "the internal command", func() bool { return w.Stats().Commands == 1 })
	w.log.full.Store(nil)
	if _, err := w.Submit(background, complete(1)); err != nil {
		t.Error(err)
	}
}

func TestACallerWhoLeavesIsForgotten(t *testing.T) {
	w := open(t, nil)
	ctx, cancel := context.WithTimeout(background, 20*time.Millisecond)
	defer cancel()
	if _, err := w.Submit(ctx, message("await")); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error %v", err)
	}
	waiting := -1
	waitFor(t, "the request is dropped", func() bool {
		w.Query(background, func(Machine) { waiting = len(w.owner.waiting) })
		return waiting == 0
	})
	if _, err := w.Submit(background, message("release")); err != nil {
		t.Error(err)
	}
}

func TestLosingLeadershipTellsEverybodyWhatIsKnown(t *testing.T) {
	w := open(t, nil)
	stream, err := w.OpenStream(StreamRequest{Type: "work"})
	if err != nil {
		t.Fatal(err)
	}
	awaited := make(chan error)
	go func() { _, err := w.Submit(background, message("await")); awaited <- err }()
	waitFor(t, "the first entry", func() bool { return w.Stats().Batches == 1 })

	w.log.set(func() { w.log.err = fmt.Errorf("%w: raft says so", ErrUnknownOutcome) })
	if _, err := w.Submit(background, complete(1)); !errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("the command under way: %v", err)
	}
	if err := <-awaited; !errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("a committed command that waits for its result: %v", err)
	}
	if _, err := w.Submit(background, complete(1)); !errors.Is(err, ErrNotLeader) {
		t.Errorf("a later command: %v", err)
	}
	if _, err := stream.Recv(background); !errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("the stream: %v", err)
	}
	if _, err := w.OpenStream(StreamRequest{}); !errors.Is(err, ErrNotLeader) {
		t.Errorf("a new stream: %v", err)
	}
	if err := w.Query(background, func(Machine) {}); !errors.Is(err, ErrNotLeader) {
		t.Errorf("a query: %v", err)
	}
	w.log.set(func() { w.log.err = nil })
	w.lead(t, 2)
	if w.made.Load() != 2 {
		t.Errorf("%d machines were made; each term needs a new one", w.made.Load())
	}
	if _, err := w.Submit(background, complete(1)); err != nil {
		t.Error(err)
	}
}

func TestRequestIDsOfOneTermNeverComeAgainInAnother(t *testing.T) {
	w := open(t, nil)
	w.Submit(background, complete(1))
	var first, second uint64
	w.Query(background, func(Machine) { first = w.owner.nextID })
	w.log.changes <- Leadership{Term: 1}
	waitFor(t, "leadership is lost", func() bool { return !w.Leads() })
	w.lead(t, 2)
	w.Submit(background, complete(1))
	w.Query(background, func(Machine) { second = w.owner.nextID })
	if first>>termBits != 1 || second>>termBits != 2 {
		t.Errorf("ids %x and %x", first, second)
	}
}

func TestACommandThatMakesTheEngineFailIsSetAside(t *testing.T) {
	w := open(t, silent)
	release := w.hold(t)
	var all sync.WaitGroup
	for key := range int64(30) {
		all.Go(func() {
			answer, err := w.Submit(background, complete(key))
			switch {
			case key == 13 && !errors.Is(err, ErrQuarantined):
				t.Errorf("command 13: %v", err)
			case key != 13 && (err != nil || answer.Key != key):
				t.Errorf("command %d: %v %v", key, answer.Key, err)
			}
		})
	}
	waitFor(t, "commands queue up", func() bool { return w.Stats().Queued == 30 })
	release()
	all.Wait()
	if s := w.Stats(); s.Panics != 1 || s.Quarantined != 1 {
		t.Errorf("%d panics, %d commands set aside; want 1 and 1", s.Panics, s.Quarantined)
	}
}

func TestDueWorkThatMakesTheEngineFailHoldsTimeAndNotCommands(t *testing.T) {
	clock := int64(1000)
	var mu sync.Mutex
	w := open(t, func(c *Config) {
		silent(c)
		c.Now = func() int64 { mu.Lock(); defer mu.Unlock(); return clock }
	})
	w.Submit(background, complete(1))
	w.poison.Store(true)
	w.Query(background, func(Machine) { w.state.due = []int64{2000} })
	mu.Lock()
	clock = 3000
	mu.Unlock()
	answer, err := w.Submit(background, complete(2))
	if err != nil || answer.Timestamp != 1000 {
		t.Errorf("answer at %d %v, want it at the time held, 1000", answer.Timestamp, err)
	}
	w.poison.Store(false)
	mu.Lock()
	clock += holdTime
	mu.Unlock()
	if answer, err = w.Submit(background, complete(3)); err != nil || answer.Timestamp != 3000+holdTime {
		t.Errorf("later: answer at %d %v", answer.Timestamp, err)
	}
	if n := w.Stats().Quarantined; n != 0 {
		t.Errorf("%d commands were set aside", n)
	}
}

func TestPutOffWorkThatMakesTheEngineFailIsLeftLying(t *testing.T) {
	w := open(t, silent)
	w.Submit(background, complete(1))
	w.Query(background, func(Machine) { w.state.putOff = true })
	for key := int64(2); key < 5; key++ {
		if answer, err := w.Submit(background, complete(key)); err != nil || answer.Key != key {
			t.Errorf("command %d: %v %v", key, answer.Key, err)
		}
	}
	if s := w.Stats(); s.Panics != 1 || s.Quarantined != 0 {
		t.Errorf("%d panics, %d commands set aside; want 1 and 0", s.Panics, s.Quarantined)
	}
}

func TestWhatIsDueHappensByItself(t *testing.T) {
	w := open(t, nil)
	at := time.Now().Add(30 * time.Millisecond).UnixMilli()
	w.Query(background, func(Machine) { w.state.due = []int64{at} })
	waitFor(t, "the due batch", func() bool { return w.Stats().Batches == 1 })
	if now := time.Now().UnixMilli(); now < at {
		t.Errorf("it happened %d ms early", at-now)
	}
}

func TestCloseTellsWaitingCallers(t *testing.T) {
	w := open(t, nil)
	done := make(chan error)
	go func() { _, err := w.Submit(background, message("await")); done <- err }()
	waitFor(t, "the entry", func() bool { return w.Stats().Batches == 1 })
	w.Close()
	if err := <-done; !errors.Is(err, ErrStopped) {
		t.Errorf("error %v", err)
	}
	if _, err := w.Submit(background, complete(1)); err == nil {
		t.Error("a closed partition takes commands")
	}
	w.Close()
}

func (w *world) stream(t *testing.T, credits int) *Stream {
	t.Helper()
	s, err := w.OpenStream(StreamRequest{Type: "work", Worker: "w", Timeout: 1000})
	if err != nil {
		t.Fatal(err)
	}
	s.Grant(credits)
	return s
}

// received are the keys of n jobs.
func received(t *testing.T, s *Stream, n int) (keys []int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(background, 5*time.Second)
	defer cancel()
	for range n {
		job, err := s.Recv(ctx)
		if err != nil {
			t.Fatalf("after %d of %d jobs: %v", len(keys), n, err)
		}
		keys = append(keys, job.Key)
	}
	return keys
}

func nothing(t *testing.T, s *Stream) {
	t.Helper()
	ctx, cancel := context.WithTimeout(background, 20*time.Millisecond)
	defer cancel()
	if job, err := s.Recv(ctx); err == nil {
		t.Errorf("job %d was pushed without a credit", job.Key)
	}
}

func TestStreamsOfATypeGetJobsInTurnAndNoMoreThanTheirCredits(t *testing.T) {
	w := open(t, nil)
	a, b := w.stream(t, 2), w.stream(t, 3)
	w.Query(background, func(Machine) {}) // the streams are known
	for key := range int64(6) {
		if _, err := w.Submit(background, create(key)); err != nil {
			t.Fatal(err)
		}
	}
	got := [][]int64{received(t, a, 2), received(t, b, 3)}
	all := slices.Concat(got...)
	slices.Sort(all)
	if fmt.Sprint(all) != "[0 1 2 3 4]" {
		t.Errorf("pushed %v", got)
	}
	nothing(t, a)
	a.Grant(1)
	if keys := received(t, a, 1); keys[0] != 5 {
		t.Errorf("the job that waited is %v", keys)
	}
}

func TestANewStreamGetsJobsThatWaited(t *testing.T) {
	w := open(t, nil)
	for key := range int64(250) {
		w.Submit(background, create(key))
	}
	waitFor(t, "a notice for each job", func() bool { return len(w.available) == 250 })
	if jobType := <-w.available; jobType != "work" {
		t.Errorf("jobs of type %q are available", jobType)
	}
	s := w.stream(t, 1000)
	if keys := received(t, s, 250); !slices.IsSorted(keys) {
		t.Errorf("not the oldest first: %v", keys)
	}
	if _, err := w.Submit(background, create(999)); err != nil {
		t.Fatal(err)
	}
	if keys := received(t, s, 1); keys[0] != 999 {
		t.Errorf("pushed %v", keys)
	}
}

func TestJobsThatDoNotReachTheirWorkerAreAvailableAtOnce(t *testing.T) {
	w := open(t, nil)
	a := w.stream(t, 10)
	w.Query(background, func(Machine) {})
	for key := range int64(5) {
		w.Submit(background, create(key))
	}
	received(t, a, 2)
	b := w.stream(t, 10)
	a.Close()
	keys := received(t, b, 3)
	slices.Sort(keys)
	if fmt.Sprint(keys) != "[2 3 4]" {
		t.Errorf("the other worker got %v", keys)
	}
	if s := w.Stats(); s.Yields != 3 {
		t.Errorf("%d jobs were handed back", s.Yields)
	}
	if _, err := a.Recv(background); !errors.Is(err, ErrStopped) {
		t.Errorf("the closed stream: %v", err)
	}
}

func TestCreditsOfADecisionThatFailedComeBack(t *testing.T) {
	w := open(t, silent)
	s := w.stream(t, 1)
	w.Query(background, func(Machine) {})
	release := w.hold(t)
	var all sync.WaitGroup
	for i, c := range []record.Record{create(7), complete(13)} { // 7 takes the credit, 13 fails
		all.Go(func() { w.Submit(background, c) })
		waitFor(t, "it queues up", func() bool { return w.Stats().Queued >= i+1 })
	}
	release()
	all.Wait()
	if keys := received(t, s, 1); keys[0] != 7 {
		t.Errorf("pushed %v", keys)
	}
}

// TestStreamsUnderFire opens and closes streams while jobs are created; each job reaches a worker
// exactly once more often than it was handed back.
func TestStreamsUnderFire(t *testing.T) {
	w := open(t, nil)
	const jobs = 2000
	var mu sync.Mutex
	got := map[int64]int{}
	ctx, cancel := context.WithCancel(background)
	var workers, makers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for ctx.Err() == nil {
				s, err := w.OpenStream(StreamRequest{Type: "work"})
				if err != nil {
					return
				}
				s.Grant(5)
				for range 20 {
					job, err := s.Recv(ctx)
					if err != nil {
						break
					}
					mu.Lock()
					got[job.Key]++
					mu.Unlock()
					s.Grant(1)
				}
				s.Close()
			}
		})
	}
	for m := range int64(2) {
		makers.Go(func() {
			for key := range int64(jobs / 2) {
				w.Submit(background, create(m*jobs/2+key))
			}
		})
	}
	makers.Wait()
	waitFor(t, "every job reaches a worker", func() bool { mu.Lock(); defer mu.Unlock(); return len(got) == jobs })
	cancel()
	workers.Wait()
	for key, n := range got {
		if n != 1 {
			t.Errorf("job %d reached %d workers", key, n)
		}
	}
}

package cluster

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

// A command reaches the leader of its partition from every node, and its answer comes back whole.
func TestCommandsReachTheirLeader(t *testing.T) {
	w := newWorld(t, 3, 3, nil)
	reference := uint64(0)
	for _, from := range w.nodes {
		for id := int32(1); id <= 3; id++ {
			reference++
			command := complete(id, reference)
			answer, err := from.Submit(t.Context(), id, command)
			if err != nil {
				t.Fatalf("%s to partition %d: %v", from.id, id, err)
			}
			want := command
			want.Type, want.Intent, want.Position, want.Timestamp = record.Event, record.JobCompleted, 7, 1234567
			if diff := cmp.Diff(want, answer, cmp.Transformer("strings", func(s []string) int { return len(s) })); diff != "" {
				t.Errorf("%s to partition %d (-want +got):\n%s", from.id, id, diff)
			}
			if n := w.logs[id].count(reference); n != 1 {
				t.Errorf("%s to partition %d: accepted %d times", from.id, id, n)
			}
		}
	}
}

// What a partition answers instead of an event keeps its meaning on the way.
func TestErrorsKeepTheirMeaning(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"the queue is full", partition.ErrQueueFull, ErrOverloaded},
		{"the disk is full", partition.ErrDiskFull, ErrOverloaded},
		{"the leader changed on the way into the log", partition.ErrUnknownOutcome, ErrOutcomeUnknown},
		{"the command makes the engine fail", partition.ErrQuarantined, partition.ErrQuarantined},
		{"nobody leads", partition.ErrNotLeader, ErrUnavailable},
		{"the partition stops", partition.ErrStopped, ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 2, 1, func(c *Config) { c.Patience = 30 * time.Millisecond })
			fails := func(context.Context, record.Record) error { return c.err }
			w.replica(1, 0).wait.Store(&fails)
			for i, from := range w.nodes {
				_, err := from.Submit(t.Context(), 1, complete(1, 1))
				if !errors.Is(err, c.want) {
					t.Errorf("from node %d: %v, expected %v", i, err, c.want)
				}
			}
			if n := w.logs[1].count(1); n != 0 {
				t.Errorf("accepted %d times", n)
			}
		})
	}
}

// A late answer whose partition stops is not known to be none.
func TestStopDuringAwaitedResultIsUnknown(t *testing.T) {
	w := newWorld(t, 2, 1, nil)
	stops := func(context.Context, record.Record) error { return partition.ErrStopped }
	w.replica(1, 0).after.Store(&stops)
	command := record.NewCommand(-1, record.ProcessInstanceCreationCreateWithAwaitingResult, &record.ProcessInstanceCreation{})
	command.OperationReference = 1
	for _, from := range w.nodes {
		if _, err := from.Submit(t.Context(), 1, command); !errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("%s: %v", from.id, err)
		}
	}
}

// Overload is answered at once, without a second try.
func TestOverloadIsAnsweredAtOnce(t *testing.T) {
	w := newWorld(t, 2, 1, nil)
	w.replica(1, 0).full.Store(true)
	begin := time.Now()
	_, err := w.nodes[1].Submit(t.Context(), 1, complete(1, 1))
	if !errors.Is(err, ErrOverloaded) || time.Since(begin) > 2*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
	t.Log(err)
}

// While nobody leads, a command waits, and goes to the new leader as soon as there is one.
func TestCommandsWaitForALeader(t *testing.T) {
	w := newWorld(t, 3, 1, nil)
	if _, err := w.nodes[2].Submit(t.Context(), 1, complete(1, 1)); err != nil {
		t.Fatal(err)
	}
	log := w.logs[1]
	log.mu.Lock()
	log.leader = nil
	log.mu.Unlock()
	w.nodes[0].Led(1, false, 1, nil)
	var elected atomic.Int64
	time.AfterFunc(200*time.Millisecond, func() {
		elected.Store(time.Now().UnixNano())
		w.elect(1, 1)
	})
	if _, err := w.nodes[2].Submit(t.Context(), 1, complete(1, 2)); err != nil {
		t.Fatal(err)
	}
	if late := time.Duration(time.Now().UnixNano() - elected.Load()); late > 2*time.Second {
		t.Errorf("the answer came %v after the election", late)
	}
	if n := log.count(2); n != 1 {
		t.Errorf("accepted %d times", n)
	}
}

// Patience and the caller's deadline end the waiting, and the command is surely not executed.
func TestWaitingForALeaderEnds(t *testing.T) {
	w := newWorld(t, 2, 1, func(c *Config) { c.Patience = 50 * time.Millisecond })
	log := w.logs[1]
	log.mu.Lock()
	log.leader = nil
	log.mu.Unlock()
	w.nodes[0].Led(1, false, 1, nil)
	for _, from := range w.nodes {
		begin := time.Now()
		_, err := from.Submit(t.Context(), 1, complete(1, 1))
		if !errors.Is(err, ErrUnavailable) || time.Since(begin) < 40*time.Millisecond || time.Since(begin) > 2*time.Second {
			t.Errorf("%s: %v after %v", from.id, err, time.Since(begin))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		begin = time.Now()
		if _, err := from.Submit(ctx, 1, complete(1, 1)); !errors.Is(err, ErrUnavailable) || time.Since(begin) > time.Second {
			t.Errorf("%s: %v after %v", from.id, err, time.Since(begin))
		}
		cancel()
		if _, err := from.Submit(t.Context(), 9, complete(9, 1)); !errors.Is(err, ErrUnknownPartition) {
			t.Errorf("%s: %v", from.id, err)
		}
	}
}

// The context ends the waiting and not the command; what waits for a long instance is let go of.
func TestContextEndsTheWaiting(t *testing.T) {
	w := newWorld(t, 2, 1, nil)
	begun, ended := make(chan struct{}, 8), make(chan error, 8)
	holds := func(ctx context.Context, _ record.Record) error {
		begun <- struct{}{}
		select {
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
		ended <- ctx.Err()
		return ctx.Err()
	}
	w.replica(1, 0).after.Store(&holds)
	submit := func(command record.Record) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-begun; cancel() }()
		if _, err := w.nodes[1].Submit(ctx, 1, command); !errors.Is(err, context.Canceled) {
			t.Errorf("%v, expected the context's error", err)
		}
	}
	submit(complete(1, 1))
	if err := <-ended; err != nil {
		t.Errorf("the command ended with its caller: %v", err)
	}
	long := record.NewCommand(-1, record.ProcessInstanceCreationCreateWithAwaitingResult, &record.ProcessInstanceCreation{})
	long.OperationReference = 2
	submit(long)
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the waiting for the end of an instance went on without its caller: %v", err)
	}
	for reference := uint64(1); reference <= 2; reference++ {
		if n := w.logs[1].count(reference); n != 1 {
			t.Errorf("command %d was accepted %d times", reference, n)
		}
	}
}

// outcomes is what callers were told about their commands, by reference.
type outcomes struct {
	sync.Mutex
	of map[uint64]error
}

// check compares what callers were told with what the logs accepted: acknowledged is once, surely
// not accepted is never, and unknown is once at most.
func (o *outcomes) check(t *testing.T, w *world) (acknowledged, unknown, refused int) {
	t.Helper()
	for reference, err := range o.of {
		n := 0
		for _, log := range w.logs {
			n += log.count(reference)
		}
		switch {
		case err == nil:
			acknowledged++
			if n != 1 {
				t.Errorf("command %d was acknowledged and accepted %d times", reference, n)
			}
		case errors.Is(err, ErrOutcomeUnknown):
			unknown++
			if n > 1 {
				t.Errorf("command %d was accepted %d times", reference, n)
			}
		default:
			refused++
			if n != 0 {
				t.Errorf("command %d was surely not accepted (%v), and was accepted %d times", reference, err, n)
			}
		}
	}
	return acknowledged, unknown, refused
}

// Leaders change and connections are cut under load: what callers were told is what the logs say.
func TestChangesUnderLoad(t *testing.T) {
	w := newWorld(t, 3, 3, nil)
	told := &outcomes{of: map[uint64]error{}}
	var references atomic.Uint64
	var callers sync.WaitGroup
	stop := make(chan struct{})
	for _, from := range w.nodes {
		for range 8 {
			callers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					reference := references.Add(1)
					id := int32(reference%3) + 1
					_, err := from.Submit(context.Background(), id, complete(id, reference))
					told.Lock()
					told.of[reference] = err
					told.Unlock()
				}
			})
		}
	}
	for i := range 60 {
		time.Sleep(10 * time.Millisecond)
		if i%3 == 2 {
			from, to := w.nodes[i%len(w.nodes)], w.nodes[(i/3+1)%len(w.nodes)]
			from.cut(to.id)
			continue
		}
		w.elect(int32(i%3)+1, (i/2)%3)
	}
	close(stop)
	callers.Wait()
	acknowledged, unknown, refused := told.check(t, w)
	t.Logf("%d acknowledged, %d unknown, %d refused", acknowledged, unknown, refused)
	if acknowledged < 200 || refused > 0 || unknown > acknowledged/2 {
		t.Error("too few commands came through")
	}
}

// A connection that is lost at each point of a command's way: before it is written nothing is
// accepted and the command is tried again; after it was written the outcome is unknown.
func TestConnectionLost(t *testing.T) {
	t.Run("before it is made", func(t *testing.T) {
		w := newWorld(t, 2, 1, func(c *Config) { c.Patience = 2 * time.Second })
		eventually(t, "the leader is known", func() bool { return w.nodes[1].table.leader(1).server == "n0" })
		w.nodes[1].isolate("n0", true)
		time.AfterFunc(100*time.Millisecond, func() { w.nodes[1].isolate("n0", false) })
		if _, err := w.nodes[1].Submit(t.Context(), 1, complete(1, 1)); err != nil {
			t.Errorf("%v, expected that it is tried again", err)
		}
		if n := w.logs[1].count(1); n != 1 {
			t.Errorf("accepted %d times", n)
		}
	})
	t.Run("before it is accepted", func(t *testing.T) { testCutWhile(t, true, 0) })
	t.Run("after it is accepted", func(t *testing.T) { testCutWhile(t, false, 1) })
}

func testCutWhile(t *testing.T, before bool, accepted int) {
	w := newWorld(t, 2, 1, nil)
	p := w.replica(1, 0)
	cuts := func(ctx context.Context, _ record.Record) error {
		w.nodes[1].cut("n0")
		<-ctx.Done()
		return ctx.Err()
	}
	if before {
		p.wait.Store(&cuts)
	} else {
		p.after.Store(&cuts)
	}
	_, err := w.nodes[1].Submit(t.Context(), 1, complete(1, 1))
	if !errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("%v, expected that the outcome is unknown", err)
	}
	if n := w.logs[1].count(1); n != accepted {
		t.Errorf("accepted %d times, expected %d", n, accepted)
	}
}

// A peer that takes commands more slowly than they come is overloaded at once, and the rest goes on.
func TestSlowPeerIsOverloaded(t *testing.T) {
	w := newWorld(t, 3, 2, func(c *Config) { c.MaxUnderWay = 50 })
	release := make(chan struct{})
	holds := func(context.Context, record.Record) error { <-release; return nil }
	w.replica(1, 0).wait.Store(&holds)
	var callers sync.WaitGroup
	for i := range 50 {
		callers.Go(func() {
			if _, err := w.nodes[2].Submit(context.Background(), 1, complete(1, uint64(i+1))); err != nil {
				t.Errorf("command %d: %v", i, err)
			}
		})
	}
	eventually(t, "all are under way", func() bool {
		p, err := w.nodes[2].roster.peer("n0")
		if err != nil || p.lane.Load() == nil {
			return false
		}
		l := p.lane.Load()
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.under) == 50
	})
	begin := time.Now()
	_, err := w.nodes[2].Submit(t.Context(), 1, complete(1, 51))
	if !errors.Is(err, ErrOverloaded) || time.Since(begin) > time.Second {
		t.Errorf("%v after %v, expected an overload at once", err, time.Since(begin))
	}
	if _, err := w.nodes[2].Submit(t.Context(), 2, complete(2, 52)); err != nil {
		t.Errorf("another peer: %v", err)
	}
	close(release)
	callers.Wait()
	if n := w.logs[1].count(51); n != 0 {
		t.Errorf("the refused command was accepted %d times", n)
	}
}

// A peer that says nothing at all, like a frozen process, is given up.
func TestSilentPeerIsGivenUp(t *testing.T) {
	w := newWorld(t, 2, 1, func(c *Config) { c.Silence = 200 * time.Millisecond })
	if _, err := w.nodes[1].Submit(t.Context(), 1, complete(1, 1)); err != nil {
		t.Fatal(err)
	}
	w.nodes[1].mu.Lock()
	w.nodes[1].slow = 700 * time.Millisecond // what it says and hears stands still
	w.nodes[1].mu.Unlock()
	begin := time.Now()
	_, err := w.nodes[1].SubmitNow(t.Context(), 1, complete(1, 2))
	if !errors.Is(err, ErrOutcomeUnknown) || !errors.Is(err, errSilent) || time.Since(begin) > 3*time.Second {
		t.Errorf("%v after %v, expected that the outcome is unknown", err, time.Since(begin))
	}
	w.nodes[1].mu.Lock()
	w.nodes[1].slow = 0
	w.nodes[1].mu.Unlock()
	if _, err := w.nodes[1].Submit(t.Context(), 1, complete(1, 3)); err != nil {
		t.Errorf("after that: %v", err)
	}
}

// So is one that only ever sends jobs: a worker does not wait for TCP to find out.
func TestSilentPeerIsGivenUpByJobStreams(t *testing.T) {
	e := newPatientEngines(t, 2, 1, 300*time.Millisecond)
	e.deploy()
	stream, err := e.nodes[1].OpenJobStream(t.Context(), StreamRequest{Type: "work", Worker: "w", Timeout: 60_000})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	stream.Grant(8)
	g := stream.(*gathered)
	open := func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return len(g.sources) == 1
	}
	eventually(t, "the stream is open at the leader", open)
	p, err := e.nodes[1].roster.peer(e.nodes[0].id)
	if err != nil {
		t.Fatal(err)
	}
	before := p.lane.Load()
	e.nodes[1].mu.Lock()
	e.nodes[1].slow = time.Second
	e.nodes[1].mu.Unlock()
	eventually(t, "the connection is given up", func() bool {
		before.mu.Lock()
		defer before.mu.Unlock()
		return before.ended != nil
	})
	if !errors.Is(before.ended, errSilent) {
		t.Error(before.ended)
	}
	e.nodes[1].mu.Lock()
	e.nodes[1].slow = 0
	e.nodes[1].mu.Unlock()
	eventually(t, "the stream is open again", open)
}

// Questions are answered from any node.
func TestQueries(t *testing.T) {
	w := newWorld(t, 2, 2, nil)
	for _, from := range w.nodes {
		answer, err := from.Query(t.Context(), 1, QueryConfiguration, nil)
		if err != nil || string(answer) != "\x06document" {
			t.Errorf("%s: %q, %v", from.id, answer, err)
		}
		if _, err := from.Query(t.Context(), 1, "weather", nil); err == nil {
			t.Errorf("%s: a question nobody can answer was answered", from.id)
		}
		AwaitDefinitions(t.Context(), from, []int64{record.Key(1, 2), record.Key(1, 4)})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		AwaitDefinitions(ctx, from, []int64{record.Key(1, 2), record.Key(1, 3)})
		if ctx.Err() == nil {
			t.Errorf("%s: an unknown definition was not waited for", from.id)
		}
		cancel()
	}
}

// Posted commands arrive at the leader, from any node, also when it is known only later.
func TestPosts(t *testing.T) {
	w := newWorld(t, 2, 1, nil)
	posted := func() int {
		w.logs[1].mu.Lock()
		defer w.logs[1].mu.Unlock()
		return len(w.logs[1].posted)
	}
	w.nodes[0].Post(1, complete(1, 1))
	w.nodes[1].Post(1, complete(1, 2))
	eventually(t, "both have arrived", func() bool { return posted()+w.logs[1].count(2) == 2 })
	log := w.logs[1]
	log.mu.Lock()
	log.leader = nil
	log.mu.Unlock()
	w.nodes[0].Led(1, false, 1, nil)
	eventually(t, "it is known", func() bool { return w.nodes[1].table.leader(1).server == "" })
	w.nodes[1].Post(1, complete(1, 3))
	w.elect(1, 0)
	eventually(t, "the third has arrived", func() bool { return posted()+log.count(2)+log.count(3) == 3 })
}

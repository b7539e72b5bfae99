package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/engine/gatewaypb"
)

// got is a job that a worker got.
type got struct {
	worker   int
	instance int64
	at       time.Time
}

// ledger remembers which jobs came, by instance.
type ledger struct {
	mu   sync.Mutex
	jobs map[int64][]got
}

func (l *ledger) note(g got) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.jobs[g.instance] = append(l.jobs[g.instance], g)
}

// of are the jobs of an instance that came so far.
func (l *ledger) of(instance int64) []got {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.jobs[instance]
}

// payload is what the flows' jobs carry.
type payload struct {
	Key string `json:"key"`
}

// worker serves jobs of a type at one member until the test ends.
func (g *group) worker(member int, jobType string, l *ledger) {
	handler := sdk.Handle(jobType, func(_ context.Context, job sdk.Job[payload]) sdk.Outcome[struct{}] {
		l.note(got{member, job.ProcessInstanceKey, time.Now()})
		return sdk.Done(struct{}{})
	}, sdk.Lease(5*time.Second))
	w := g.clients[member].NewWorker([]sdk.Handler{handler}, sdk.Name(fmt.Sprintf("worker at node %d", member)), sdk.Logger(slog.New(slog.DiscardHandler)),
		sdk.Reconnect(sdk.Backoff{Min: 50 * time.Millisecond, Max: 200 * time.Millisecond, Factor: 2}))
	ctx, stop := context.WithCancel(g.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	g.t.Cleanup(func() { stop(); <-ended })
}

// partition is the partition of a key.
func partition(key int64) int { return int(key >> 51) }

// instanceOn starts an instance of the flow work on a partition, at a member, and gives its key and when it was acknowledged.
func (g *group) instanceOn(member, wanted int) (int64, time.Time) {
	g.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		ctx, cancel := context.WithTimeout(g.t.Context(), 2*time.Second)
		i, err := g.clients[member].Create(ctx, "work", payload{"w"})
		cancel()
		if err == nil && partition(i.Key) == wanted {
			return i.Key, time.Now()
		}
	}
	g.t.Fatalf("node %d started no instance on partition %d", member, wanted)
	return 0, time.Time{}
}

// delivered waits until an instance's job came, and says how long after began that was.
func (g *group) delivered(l *ledger, instance int64, began time.Time) time.Duration {
	g.t.Helper()
	g.waitFor(20*time.Second, fmt.Sprintf("a worker gets the job of instance %d on partition %d", instance, partition(instance)), func() error {
		if len(l.of(instance)) == 0 {
			return fmt.Errorf("it did not come")
		}
		return nil
	})
	return max(l.of(instance)[0].at.Sub(began), 0)
}

// TestAWorkerAtAnyNodeGetsJobsOfEveryPartition has one worker, at each node in turn.
func TestAWorkerAtAnyNodeGetsJobsOfEveryPartition(t *testing.T) {
	g := form(t, shape{factor: 1}) // each partition lives on one node: two of three jobs come from another one
	g.deploy(0)
	for member := range g.members {
		t.Run(fmt.Sprintf("at node %d", member), func(t *testing.T) {
			outer := g.t
			g.t = t
			defer func() { g.t = outer }()
			l := &ledger{jobs: map[int64][]got{}}
			g.worker(member, "cluster.work", l)
			for p := 1; p <= g.Partitions; p++ {
				instance, at := g.instanceOn((member+p)%len(g.members), p)
				t.Logf("a job of partition %d came after %v", p, g.delivered(l, instance, at).Round(time.Millisecond))
			}
		})
	}
}

// stream opens a stream of jobs at one member, and nothing else: nobody polls for what is not pushed. close ends it.
func (g *group) stream(member int, jobType string, l *ledger) (close func()) {
	g.t.Helper()
	ctx, stop := context.WithCancel(g.t.Context())
	jobs, err := g.clients[member].Gateway().StreamActivatedJobs(ctx, &gatewaypb.StreamActivatedJobsRequest{
		Type: jobType, Worker: fmt.Sprintf("stream at node %d", member), Timeout: 60_000, TenantIds: []string{sdk.DefaultTenant},
	})
	g.must(err)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			job, err := jobs.Recv()
			if err != nil {
				return
			}
			l.note(got{member, job.GetProcessInstanceKey(), time.Now()})
		}
	})
	return func() { stop(); running.Wait() }
}

// TestAStreamGetsTheNextJobAfterTheLeaderDied kills the leader of a partition; the stream of jobs is open at another node, whose
// stream must be known to the new leader. What is measured is the time from the first acknowledged instance after the kill to its
// job: what an election takes is not part of it, and is measured by test/chaos.
func TestAStreamGetsTheNextJobAfterTheLeaderDied(t *testing.T) {
	g := form(t, shape{})
	g.deploy(0)
	for round := 1; round <= g.Partitions; round++ {
		leader, err := g.Leader(t.Context(), round)
		g.must(err)
		member := (leader.ID + 1) % len(g.members)
		l := &ledger{jobs: map[int64][]got{}}
		end := g.stream(member, "cluster.work", l)
		instance, at := g.instanceOn(member, round)
		g.delivered(l, instance, at)
		g.must(leader.Kill())
		killed := time.Now()
		instance, at = g.instanceOn(member, round)
		took := g.delivered(l, instance, at)
		t.Logf("partition %d: first instance %v after the kill of its leader, its job %v later", round, at.Sub(killed).Round(time.Millisecond), took.Round(time.Millisecond))
		if took > time.Second {
			t.Errorf("the job of partition %d came %v after its instance was acknowledged, within 1 s is promised", round, took)
		}
		end()
		g.must(g.StartThese(t.Context(), leader))
		g.whole()
	}
}

package cluster

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/record"
)

// One worker gets the jobs of every partition, wherever it is connected and they are led.
func TestJobStreamGetsJobsOfEveryPartition(t *testing.T) {
	e := newEngines(t, 3, 4)
	e.deploy()
	for node := range e.nodes {
		for id := int32(1); id <= 4; id++ { // half of the jobs are there before the stream is opened
			if _, err := e.create(0, id, "work", ""); err != nil {
				t.Fatal(err)
			}
		}
		stream, err := e.nodes[node].OpenJobStream(t.Context(), StreamRequest{Type: "work", Worker: "w", Timeout: 60_000})
		if err != nil {
			t.Fatal(err)
		}
		stream.Grant(2) // fewer than partitions
		for id := int32(1); id <= 4; id++ {
			if _, err := e.create(0, id, "work", ""); err != nil {
				t.Fatal(err)
			}
		}
		got := map[int32]int{}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		for range 8 {
			job, err := stream.Recv(ctx)
			if err != nil {
				t.Fatalf("node %d: %v, got %v", node, err, got)
			}
			got[record.PartitionOf(job.Key)]++
			stream.Grant(1)
		}
		cancel()
		stream.Close()
		if fmt.Sprint(got) != "map[1:2 2:2 3:2 4:2]" {
			t.Errorf("node %d: jobs by partition %v", node, got)
		}
	}
}

// A partition whose jobs come all at once gets nearly all credits of a worker, although the others
// had got their share.
func TestCreditsGoToWhoUsesThem(t *testing.T) {
	e := newEngines(t, 2, 4)
	e.deploy()
	stream, err := e.nodes[1].OpenJobStream(t.Context(), StreamRequest{Type: "work", Worker: "w", Timeout: 60_000})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	stream.Grant(64)
	for range 100 {
		if _, err := e.create(0, 3, "work", ""); err != nil {
			t.Fatal(err)
		}
	}
	g := stream.(*gathered)
	held := func() int {
		g.mu.Lock()
		defer g.mu.Unlock()
		return len(g.jobs)
	}
	// The worker takes nothing, so what arrives is what the partition could use: all but one credit of each other.
	eventually(t, "61 jobs have arrived", func() bool { return held() == 61 })
}

// A job that was pushed and not received is available again at once: when its stream is closed, its
// connection is cut or its gateway dies.
func TestUndeliveredJobsAreAvailableAgain(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(e *engines, stream JobStream)
	}{
		{"the stream is closed", func(_ *engines, stream JobStream) { stream.Close() }},
		{"its gateway dies", func(e *engines, _ JobStream) { e.nodes[1].kill() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEngines(t, 3, 1)
			e.deploy()
			stream, err := e.nodes[1].OpenJobStream(t.Context(), StreamRequest{Type: "work", Worker: "w", Timeout: 3600_000})
			if err != nil {
				t.Fatal(err)
			}
			stream.Grant(10)
			for range 10 {
				if _, err := e.create(0, 1, "work", ""); err != nil {
					t.Fatal(err)
				}
			}
			g := stream.(*gathered)
			eventually(t, "they have arrived", func() bool {
				g.mu.Lock()
				defer g.mu.Unlock()
				return len(g.jobs) == 10
			})
			begin := time.Now()
			c.end(e, stream)
			other, err := e.nodes[2].OpenJobStream(t.Context(), StreamRequest{Type: "work", Worker: "v", Timeout: 3600_000})
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			other.Grant(10)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			for i := range 10 {
				if _, err := other.Recv(ctx); err != nil {
					t.Fatalf("%d jobs came again: %v", i, err)
				}
			}
			if late := time.Since(begin); late > 5*time.Second {
				t.Errorf("they came again after %v", late)
			}
		})
	}
}

// workers work on all nodes and keep who holds which job, as an independent record.
type workers struct {
	e *engines

	mu       sync.Mutex
	holders  map[int64]string
	done     map[int64]bool
	finished atomic.Int64
	doubled  int
}

// work takes jobs and completes them until the context ends.
func (w *workers) work(ctx context.Context, node int, name string) {
	stream, err := w.e.nodes[node].OpenJobStream(ctx, StreamRequest{Type: "work", Worker: name, Timeout: 3600_000})
	if err != nil {
		w.e.t.Error(err)
		return
	}
	defer stream.Close()
	stream.Grant(8)
	for {
		job, err := stream.Recv(ctx)
		if err != nil {
			return
		}
		w.hold(job.Key, name)
		for ctx.Err() == nil {
			answer, err := w.e.nodes[node].Submit(ctx, record.PartitionOf(job.Key), record.NewCommand(job.Key, record.JobComplete, &record.Job{TenantID: record.DefaultTenant}))
			if err == nil && (!answer.IsRejection() || answer.RejectionType == record.NotFound) {
				break
			}
		}
		w.release(job.Key)
		stream.Grant(1)
	}
}

func (w *workers) hold(job int64, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if holder := w.holders[job]; holder != "" {
		w.doubled++
		w.e.t.Errorf("job %d is held by %s and %s", job, holder, name)
	}
	w.holders[job] = name
}

func (w *workers) release(job int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.holders, job)
	if !w.done[job] {
		w.done[job] = true
		w.finished.Add(1)
	}
}

// move cuts connections and moves leaders until it is stopped.
func (e *engines) move(stop chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		case <-time.After(15 * time.Millisecond):
		}
		if i%2 == 0 {
			e.nodes[i/2%3].cut(e.nodes[(i/2+1+i/6%2)%3].id)
		} else {
			e.elect(int32(i/2%3)+1, i/3%3)
		}
	}
}

// Leaders move and connections are cut while workers on all nodes work: every instance's job is
// done, and none is held by two workers at a time.
func TestJobsWhileTheClusterMoves(t *testing.T) {
	e := newEngines(t, 3, 3)
	e.deploy()
	const instances = 2000
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	all := &workers{e: e, holders: map[int64]string{}, done: map[int64]bool{}}
	var working, moving sync.WaitGroup
	for node := range e.nodes {
		for i := range 2 {
			working.Go(func() { all.work(ctx, node, fmt.Sprintf("w%d-%d", node, i)) })
		}
	}
	stop := make(chan struct{})
	moving.Go(func() { e.move(stop) })
	created := 0
	for i := 0; created < instances; i++ {
		if _, err := e.create(i%3, int32(i%3)+1, "work", ""); err == nil {
			created++
		}
		if i%2 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	eventually(t, "the jobs are done while the cluster moves", func() bool { return all.finished.Load() >= instances*9/10 })
	close(stop)
	moving.Wait()
	eventually(t, "all jobs are done", func() bool { return all.finished.Load() >= instances })
	cancel()
	working.Wait()
	t.Logf("%d instances, %d jobs done, %d held twice", created, all.finished.Load(), all.doubled)
}

// A notice that a job became available reaches the node where somebody waits for one.
func TestNoticesCrossNodes(t *testing.T) {
	e := newEngines(t, 3, 3)
	e.deploy()
	noticed := make(chan string, 100)
	e.nodes[2].OnJobsAvailable(func(jobType string) { noticed <- jobType })
	eventually(t, "the nodes know each other", func() bool { return len(e.nodes[2].roster.living()) == 2 })
	for id := int32(1); id <= 3; id++ {
		e.nodes[2].AwaitJobs("work")
		eventually(t, "the leader knows of it", func() bool {
			leader := (int(id) - 1) % 3
			return leader == 2 || e.nodes[leader].notices.asks.Load() == 1
		})
		if _, err := e.create(int(id)-1, id, "work", ""); err != nil {
			t.Fatal(err)
		}
		select {
		case jobType := <-noticed:
			if jobType != "work" {
				t.Errorf("noticed %q", jobType)
			}
		case <-time.After(2 * time.Second):
			t.Fatalf("no notice of partition %d", id)
		}
		for len(noticed) > 0 {
			<-noticed
		}
	}
}

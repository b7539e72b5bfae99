package cluster

import (
	"context"
	"sync"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

// StreamRequest says which jobs a worker wants pushed.
type StreamRequest = partition.StreamRequest

// StreamedJob is a job that was leased to the worker of a stream.
type StreamedJob = partition.StreamedJob

// JobStream is the open stream of one worker. It gets at most as many jobs as it has credits;
// jobs it cannot take now go to other streams or wait.
type JobStream interface {
	// Recv waits for the next job. It ends with the context or when the engine stops.
	Recv(ctx context.Context) (StreamedJob, error)
	// Grant adds credits: the worker can take n jobs more.
	Grant(n int)
	// Close ends the stream. Jobs that were pushed but not received are available again at once.
	Close()
}

// OpenJobStream registers a worker that new jobs are pushed to, on every partition.
func (r *Router) OpenJobStream(_ context.Context, request StreamRequest) (JobStream, error) {
	var streams []source
	v := r.view.Load()
	for _, id := range v.ids {
		local := v.locals[id]
		if local == nil {
			continue
		}
		s, err := local.OpenStream(request)
		if err != nil {
			for _, opened := range streams {
				opened.Close()
			}
			return nil, translate(err)
		}
		streams = append(streams, source{s, local})
	}
	if len(streams) == 1 {
		return oneStream{streams[0].Stream}, nil
	}
	return gather(streams), nil
}

// oneStream is the stream of a cluster with one partition.
type oneStream struct{ *partition.Stream }

// Recv implements JobStream.
func (s oneStream) Recv(ctx context.Context) (StreamedJob, error) {
	job, err := s.Stream.Recv(ctx)
	return job, translate(err)
}

// source is one partition's part of a stream.
type source struct {
	*partition.Stream
	partition Local
}

// gathered makes one stream of those of several partitions. Credits go to the partitions in turn,
// and back to the one whose job has used one up.
type gathered struct {
	streams []source
	jobs    chan arrival
	ctx     context.Context
	cancel  context.CancelFunc
	readers sync.WaitGroup

	mu   sync.Mutex
	used []int // partitions whose credit was used, oldest first
	next int
}

type arrival struct {
	from int
	job  StreamedJob
	err  error
}

// gather starts one reader per partition; Close ends them.
func gather(streams []source) *gathered {
	g := &gathered{streams: streams, jobs: make(chan arrival)}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	for i, s := range streams {
		g.readers.Add(1)
		go func() {
			defer g.readers.Done()
			for {
				job, err := s.Recv(g.ctx)
				select {
				case g.jobs <- arrival{from: i, job: job, err: err}:
				case <-g.ctx.Done():
					if err == nil {
						s.partition.Post(record.NewCommand(job.Key, record.JobYield, &record.Job{}))
					}
					return
				}
				if err != nil {
					return
				}
			}
		}()
	}
	return g
}

// Recv implements JobStream.
func (g *gathered) Recv(ctx context.Context) (StreamedJob, error) {
	select {
	case a := <-g.jobs:
		if a.err != nil {
			return StreamedJob{}, translate(a.err)
		}
		g.mu.Lock()
		g.used = append(g.used, a.from)
		g.mu.Unlock()
		return a.job, nil
	case <-ctx.Done():
		return StreamedJob{}, ctx.Err()
	}
}

// Grant implements JobStream.
func (g *gathered) Grant(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for ; n > 0; n-- {
		if len(g.used) > 0 {
			g.streams[g.used[0]].Grant(1)
			g.used = g.used[1:]
			continue
		}
		g.streams[g.next%len(g.streams)].Grant(1)
		g.next++
	}
}

// Close implements JobStream.
func (g *gathered) Close() {
	g.cancel()
	g.readers.Wait()
	for _, s := range g.streams {
		s.Close()
	}
}

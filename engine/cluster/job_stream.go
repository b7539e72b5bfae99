package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

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

// OpenJobStream registers a worker that new jobs are pushed to, at the leader of every partition of
// the cluster; at a new leader again, as soon as it is known.
func (r *Router) OpenJobStream(_ context.Context, request StreamRequest) (JobStream, error) {
	g := &gathered{
		r: r, request: request, sources: map[int32]*source{}, ready: make(chan struct{}, 1), look: make(chan struct{}, 1),
	}
	g.ctx, g.cancel = context.WithCancel(r.ctx)
	g.open()
	g.tasks.Add(1)
	if !r.spawn(func() { defer g.tasks.Done(); g.keep() }) {
		g.tasks.Done()
		g.Close()
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, errClosed)
	}
	return g, nil
}

// gathered makes one stream of those of all partitions. It lends the worker's credits to the
// partitions: evenly at first, then to those that use them. A job takes one credit of its
// partition, and what the worker grants goes to where least is lent; a partition that runs short
// gets half of what the richest has more. So each can push a job at once that appears, and none
// keeps credits that another has jobs for.
type gathered struct {
	r       *Router
	request StreamRequest
	ready   chan struct{} // there may be something to receive
	look    chan struct{} // a source was lost
	ctx     context.Context
	cancel  context.CancelFunc
	tasks   sync.WaitGroup

	mu      sync.Mutex
	sources map[int32]*source
	free    int64 // credits that are lent to nobody
	room    int64 // jobs that the worker may still receive
	jobs    []arrival
	rounds  bool // credits go round
	ended   error
}

// source is one partition's part of a stream.
type source struct {
	g      *gathered
	id     int32
	leader string // where it is registered
	grant  func(n int)
	close  func()
	lent   int64 // credits that it has; less than 0 while it had used what was taken back
	used   bool  // it has pushed a job since credits last went round
	over   bool  // it was lost
}

// arrival is a job that the worker has not received yet.
type arrival struct {
	from int32
	StreamedJob
	received func() // tells the leader's node, if it is another
}

const (
	// keepEvery is how often sources are looked after that have no leader, and credits go round
	// where there are fewer than partitions.
	keepEvery = 20 * time.Millisecond
	// lostRest is how long it takes until a source that was lost is looked after, unless a new
	// leader is announced before: whoever still refuses is not asked again at once.
	lostRest = 5 * time.Millisecond
)

// keep registers the stream at leaders that it is not registered at, until it is closed.
func (g *gathered) keep() {
	tick := time.NewTimer(keepEvery)
	defer tick.Stop()
	for {
		changed := g.r.table.changed()
		again := g.open()
		if again = g.goRound() || again; again {
			tick.Reset(keepEvery)
		} else {
			tick.Stop()
		}
		if !g.wait(changed, tick) {
			g.end(fmt.Errorf("%w: %w", ErrUnavailable, errClosed))
			return
		}
	}
}

// wait sleeps until there may be something to keep; false at the end.
func (g *gathered) wait(changed <-chan struct{}, tick *time.Timer) bool {
	for {
		select {
		case <-changed:
			return true
		case <-tick.C:
			return true
		case <-g.look:
			tick.Reset(lostRest)
		case <-g.ctx.Done():
			return false
		}
	}
}

// open registers the stream where it is not registered yet; true if it has to be tried again.
func (g *gathered) open() (again bool) {
	v := g.r.view.Load()
	for _, id := range v.ids {
		g.mu.Lock()
		s := g.sources[id]
		stale := s != nil && s.leader != g.r.leaderNow(v, id)
		over := g.ended != nil
		g.mu.Unlock()
		if over {
			return false
		}
		if stale {
			g.lost(s, nil)
		}
		if s == nil || stale {
			again = !g.openAt(v, id) || again
		}
	}
	return again
}

// leaderNow is the server that leads a partition; empty if nobody is known to.
func (r *Router) leaderNow(v *view, id int32) string {
	if local := v.locals[id]; local != nil && local.Leads() {
		return r.config.ServerID
	}
	if leader := r.table.leader(id).server; leader != r.config.ServerID {
		return leader
	}
	return ""
}

// openAt registers the stream at the leader of a partition.
func (g *gathered) openAt(v *view, id int32) bool {
	s := &source{g: g, id: id, leader: g.r.leaderNow(v, id)}
	switch s.leader {
	case "":
		return false
	case g.r.config.ServerID:
		stream, err := v.locals[id].OpenStream(g.request)
		if err != nil {
			return false
		}
		g.serveLocal(s, stream)
	default:
		l, err := g.r.roster.lane(s.leader)
		if err != nil || !l.openStream(s) {
			return false
		}
	}
	return true
}

// add takes a source in that is about to push; false if the stream is closed.
func (g *gathered) add(s *source) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended != nil || s.over {
		return false
	}
	g.sources[s.id] = s
	g.lend()
	return true
}

// serveLocal reads the jobs of a partition of this node.
func (g *gathered) serveLocal(s *source, stream *partition.Stream) {
	ctx, cancel := context.WithCancel(g.ctx)
	s.grant = stream.Grant
	s.close = cancel
	if !g.add(s) {
		cancel()
		stream.Close()
		return
	}
	g.tasks.Add(1)
	if !g.r.spawn(func() {
		defer g.tasks.Done()
		defer stream.Close()
		for {
			job, err := stream.Recv(ctx)
			if err != nil {
				g.lost(s, err)
				return
			}
			g.arrived(s, job, func() {})
		}
	}) {
		g.tasks.Done()
		cancel()
		stream.Close()
	}
}

// arrived takes a job from a source. After the end it is available again at once.
func (g *gathered) arrived(s *source, job StreamedJob, received func()) {
	g.mu.Lock()
	over := g.ended != nil
	if !over {
		if g.sources[s.id] == s {
			s.lent--
			s.used = true
			g.help(s)
		} else {
			g.free-- // its credits were taken back already, this one it had used
		}
		g.jobs = append(g.jobs, arrival{s.id, job, received})
	}
	g.mu.Unlock()
	if over {
		received()
		g.r.handBack(s.id, job)
		return
	}
	g.signal()
}

// handBack makes a job available again that did not reach its worker.
func (r *Router) handBack(id int32, job StreamedJob) {
	r.Post(id, record.NewCommand(job.Key, record.JobYield, &record.Job{
		Type: job.Job.Type, Worker: job.Job.Worker, Deadline: job.Job.Deadline, TenantID: job.Job.TenantID,
	}))
}

// lost lets go of a source: its leader is no longer one, or cannot be reached. What was lent to it
// is lent to others.
func (g *gathered) lost(s *source, err error) {
	g.mu.Lock()
	s.over = true
	if g.sources[s.id] == s {
		delete(g.sources, s.id)
		g.free += s.lent
		g.lend()
	}
	g.mu.Unlock()
	s.close()
	if errors.Is(err, partition.ErrStopped) && len(g.r.config.Peers()) == 0 {
		g.end(translate(err)) // nobody else is there to take over
	}
	select {
	case g.look <- struct{}{}:
	default:
	}
}

func (g *gathered) signal() {
	select {
	case g.ready <- struct{}{}:
	default:
	}
}

// Recv implements JobStream.
func (g *gathered) Recv(ctx context.Context) (StreamedJob, error) {
	for {
		g.mu.Lock()
		if g.room > 0 && len(g.jobs) > 0 {
			job := g.jobs[0]
			g.jobs[0] = arrival{}
			g.jobs = g.jobs[1:]
			g.room--
			g.mu.Unlock()
			job.received()
			return job.StreamedJob, nil
		}
		ended := g.ended
		g.mu.Unlock()
		if ended != nil {
			return StreamedJob{}, ended
		}
		select {
		case <-g.ready:
		case <-ctx.Done():
			return StreamedJob{}, ctx.Err()
		}
	}
}

// Close implements JobStream.
func (g *gathered) Close() {
	g.end(fmt.Errorf("%w: the job stream was closed", ErrUnavailable))
	g.tasks.Wait()
}

// end ends the stream once, whatever the reason; what nobody has received is available again.
func (g *gathered) end(reason error) {
	g.mu.Lock()
	if g.ended != nil {
		g.mu.Unlock()
		return
	}
	g.ended = reason
	sources, jobs := g.sources, g.jobs
	g.sources, g.jobs = map[int32]*source{}, nil
	g.mu.Unlock()
	g.cancel()
	for _, s := range sources {
		s.close()
	}
	for _, job := range jobs {
		job.received()
		g.r.handBack(job.from, job.StreamedJob)
	}
	g.signal()
}

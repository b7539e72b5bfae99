package partition

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
)

// StreamRequest says which jobs a worker wants pushed.
type StreamRequest struct {
	Type           string
	Worker         string
	Timeout        int64    // lease in ms
	FetchVariables []string // none: all
	TenantIDs      []string // none: the default tenant
}

// StreamedJob is a job that is leased to the worker of a stream.
type StreamedJob struct {
	Key int64
	Job *record.Job
}

// Stream is the open stream of one worker. It gets as many jobs as it has credits.
type Stream struct {
	p       *Partition
	id      uint64
	request StreamRequest
	ring    *ring
	credits atomic.Int64 // the owner takes, Grant gives

	reserved int64 // owner's: taken in the decision in hand and not used yet

	mu    sync.Mutex
	jobs  []StreamedJob
	ended error
	ready chan struct{}
}

// ring are the streams of one job type; they get jobs in turn.
type ring struct {
	jobType string
	streams []*Stream // owner's
	next    int
	backlog atomic.Bool // jobs may wait for a credit
}

// streams is the register of a partition's job streams, and what the core asks for room.
type streams struct {
	mu      sync.Mutex
	rings   map[string]*ring
	opened  []*Stream // not known to the owner yet
	closed  []*Stream // the owner must let go of them
	changed atomic.Bool
	lastID  uint64

	// the owner's
	byID    map[uint64]*Stream
	byType  map[string]*ring
	active  []*ring   // rings that have streams, in the order of their first one
	touched []*Stream // with credits reserved in the decision in hand
	waiting []string  // job types of which a job found no room in it
}

func (s *streams) init() {
	s.rings, s.byID, s.byType = map[string]*ring{}, map[uint64]*Stream{}, map[string]*ring{}
}

// OpenStream registers a worker that jobs are pushed to; it has no credits yet.
func (p *Partition) OpenStream(request StreamRequest) (*Stream, error) {
	if !p.leads.Load() {
		return nil, ErrNotLeader
	}
	s := &p.streams
	s.mu.Lock()
	r := s.rings[request.Type]
	if r == nil {
		r = &ring{jobType: request.Type}
		s.rings[request.Type] = r
	}
	r.backlog.Store(true) // jobs may wait
	s.lastID++
	st := &Stream{p: p, id: s.lastID, request: request, ring: r, ready: make(chan struct{}, 1)}
	s.opened = append(s.opened, st)
	s.mu.Unlock()
	s.changed.Store(true)
	p.wakeUp()
	return st, nil
}

// Grant adds credits: the worker takes n jobs more.
func (st *Stream) Grant(n int) {
	st.credits.Add(int64(n))
	if st.ring.backlog.Load() {
		st.p.wakeUp()
	}
}

// Recv waits for the next job. It ends with the context's error, with ErrNotLeader,
// ErrUnknownOutcome or ErrStopped when the partition no longer pushes jobs here.
func (st *Stream) Recv(ctx context.Context) (StreamedJob, error) {
	for {
		st.mu.Lock()
		if len(st.jobs) > 0 {
			job := st.jobs[0]
			st.jobs[0] = StreamedJob{}
			if st.jobs = st.jobs[1:]; len(st.jobs) == 0 {
				st.jobs = nil
			}
			st.mu.Unlock()
			return job, nil
		}
		ended := st.ended
		st.mu.Unlock()
		if ended != nil {
			return StreamedJob{}, ended
		}
		select {
		case <-st.ready:
		case <-ctx.Done():
			return StreamedJob{}, ctx.Err()
		case <-st.p.done:
			return StreamedJob{}, ErrStopped
		}
	}
}

// Close ends the stream. Jobs that were pushed but not received are available again at once.
func (st *Stream) Close() {
	left := st.end(ErrStopped)
	s := &st.p.streams
	s.mu.Lock()
	s.closed = append(s.closed, st)
	s.mu.Unlock()
	s.changed.Store(true)
	for _, job := range left {
		st.p.yield(job.Key, job.Job)
	}
	st.p.wakeUp()
}

// end makes the stream refuse further jobs and returns those nobody received.
func (st *Stream) end(reason error) []StreamedJob {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.ended == nil {
		st.ended = reason
	}
	left := st.jobs
	st.jobs = nil
	st.signal()
	return left
}

func (st *Stream) signal() {
	select {
	case st.ready <- struct{}{}:
	default:
	}
}

// yield makes a job available again that did not reach its worker.
func (p *Partition) yield(key int64, job *record.Job) {
	p.counts.yields.Add(1)
	p.Post(yieldCommand(key, job))
}

// settle takes over streams that were opened and closed.
func (s *streams) settle() {
	if !s.changed.Swap(false) {
		return
	}
	s.mu.Lock()
	opened, closed := s.opened, s.closed
	s.opened, s.closed = nil, nil
	s.mu.Unlock()
	for _, st := range opened {
		s.byID[st.id] = st
		if st.ring.streams = append(st.ring.streams, st); len(st.ring.streams) == 1 {
			s.active = append(s.active, st.ring)
			s.byType[st.ring.jobType] = st.ring
		}
	}
	for _, st := range closed {
		if s.byID[st.id] == nil {
			continue
		}
		delete(s.byID, st.id)
		r := st.ring
		r.streams = slices.DeleteFunc(r.streams, func(other *Stream) bool { return other == st })
		if len(r.streams) == 0 {
			s.active = slices.DeleteFunc(s.active, func(other *ring) bool { return other == r })
			delete(s.byType, r.jobType)
			s.drop(r)
		}
	}
}

// drop forgets a job type that no stream wants, unless one was opened just now.
func (s *streams) drop(r *ring) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.opened {
		if st.ring == r {
			return
		}
	}
	delete(s.rings, r.jobType)
}

// end closes all streams because the partition no longer decides here, and collects the jobs that
// nobody has received.
func (s *streams) end(reason error, lost *undelivered) {
	s.settle()
	for id, st := range s.byID {
		for _, job := range st.end(reason) {
			lost.job(job.Key, job.Job)
		}
		delete(s.byID, id)
	}
	for _, r := range s.active {
		r.streams, r.next = nil, 0
		s.drop(r)
	}
	clear(s.byType)
	s.active, s.touched = nil, s.touched[:0]
}

// backlogAll notes that jobs of every type may wait.
func (s *streams) backlogAll() {
	for _, r := range s.active {
		r.backlog.Store(true)
	}
}

// Acquire implements core.Streams: the next stream in turn that has room for a job of the type.
func (s *streams) Acquire(jobType, tenant string) (core.StreamTarget, bool) {
	if r := s.byType[jobType]; r != nil {
		for range r.streams {
			st := r.turn()
			if st.wants(tenant) && st.credits.Load() > 0 {
				s.reserve(st, 1)
				return st.target(), true
			}
		}
	}
	s.refused(jobType)
	return core.StreamTarget{}, false
}

// turn is the next stream of the ring.
func (r *ring) turn() *Stream {
	r.next %= len(r.streams)
	st := r.streams[r.next]
	r.next++
	return st
}

func (st *Stream) wants(tenant string) bool {
	if len(st.request.TenantIDs) == 0 {
		return tenant == record.DefaultTenant
	}
	return slices.Contains(st.request.TenantIDs, tenant)
}

func (st *Stream) target() core.StreamTarget {
	return core.StreamTarget{
		Stream: st.id, Worker: st.request.Worker, Timeout: st.request.Timeout, FetchVariables: st.request.FetchVariables,
	}
}

// reserve takes credits for the decision in hand.
func (s *streams) reserve(st *Stream, n int64) {
	if st.reserved == 0 {
		s.touched = append(s.touched, st)
	}
	st.reserved += n
	st.credits.Add(-n)
}

// release gives back what the decision in hand did not use, and forgets what it came across.
func (s *streams) release() {
	for _, st := range s.touched {
		st.credits.Add(st.reserved)
		st.reserved = 0
	}
	s.touched, s.waiting = s.touched[:0], s.waiting[:0]
}

// deliver hands activated jobs to their streams. A job whose stream is gone is available again at
// once.
func (s *streams) deliver(pushes []core.Push) {
	for i := range pushes {
		push := &pushes[i]
		st := s.byID[push.Stream]
		if st == nil {
			continue // its owner is another term's; the lease ends it
		}
		st.reserved--
		st.p.counts.pushes.Add(1)
		st.mu.Lock()
		gone := st.ended != nil
		if !gone {
			st.jobs = append(st.jobs, StreamedJob{push.Key, &push.Job})
			st.signal()
		}
		st.mu.Unlock()
		if gone {
			st.p.yield(push.Key, &push.Job)
		}
	}
}

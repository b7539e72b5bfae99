package sdk

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/payhub/payhub/engine/gatewaypb"
)

// subscription takes the jobs of one type: a stream for what becomes available from now on, polls for what was
// there before, and polls alone while there is no stream. Both share the capacity.
type subscription struct {
	worker  *Worker
	handler Handler
	log     *slog.Logger
	work    context.Context // of handlers
	running *sync.WaitGroup
	slots   chan struct{} // one entry per job that is being done
	poke    chan struct{} // asks the poll loop to look now
	streams atomic.Bool   // job streams are wanted and the gateway has them
	flowing atomic.Bool   // one is open
}

func newSubscription(w *Worker, h Handler, work context.Context, running *sync.WaitGroup) *subscription {
	s := &subscription{
		worker: w, handler: h, log: w.log.With("jobType", h.jobType), work: work, running: running,
		slots: make(chan struct{}, h.settings.maxJobs), poke: make(chan struct{}, 1),
	}
	s.streams.Store(w.streaming)
	return s
}

func (s *subscription) start(ctx context.Context, takers *sync.WaitGroup) {
	takers.Go(func() { s.poll(ctx) })
	if s.worker.streaming {
		takers.Go(func() { s.stream(ctx) })
	}
}

// stream keeps a job stream open until ctx ends, or for ever without one if the gateway has none.
func (s *subscription) stream(ctx context.Context) {
	for failures := 1; ctx.Err() == nil; failures++ {
		got, err := s.streamOnce(ctx)
		if status.Code(err) == codes.Unimplemented {
			s.log.Info("the gateway has no job streams: polling only")
			s.streams.Store(false)
			s.pollNow()
			return
		}
		if got {
			failures = 1
		}
		if ctx.Err() == nil {
			s.log.Warn("the job stream broke; polling until it is back", "error", err)
			sleep(ctx, s.worker.reconnect.After(failures))
		}
	}
}

// streamOnce serves one stream to its end; got says whether it brought a job.
func (s *subscription) streamOnce(ctx context.Context) (got bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := s.worker.client.gateway.StreamActivatedJobs(ctx, &gatewaypb.StreamActivatedJobsRequest{
		Type: s.handler.jobType, Worker: s.worker.name, Timeout: s.handler.settings.lease.Milliseconds(),
		FetchVariable: s.handler.fetch, TenantIds: s.worker.tenants,
	})
	if err != nil {
		return false, err
	}
	s.flowing.Store(true)
	s.pollNow()
	defer func() { s.flowing.Store(false); s.pollNow() }()
	for {
		job, err := stream.Recv()
		if err != nil {
			return got, err
		}
		got = true
		// Not reading on while all slots are taken makes the gateway hand further jobs to others, or put them aside
		// (Zeebe): those only a poll finds.
		full := len(s.slots) == cap(s.slots)
		if ctx.Err() != nil || !s.acquire(ctx) {
			if !s.handBack(job) {
				return got, ctx.Err()
			}
			continue // Recv fails only after what had arrived before the end was read
		}
		s.begin(job)
		if full {
			s.pollNow()
		}
	}
}

// poll asks for waiting jobs: at once and again while there are some, then at intervals while a stream is open, or
// by long polls while there is none.
func (s *subscription) poll(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		if !s.acquire(ctx) {
			return
		}
		n := 1 + s.acquireMore()
		jobs, err := s.pollOnce(ctx, n)
		for range n - jobs {
			<-s.slots
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			failures++
			s.log.Warn("asking for jobs failed", "error", err, "failures", failures)
			sleep(ctx, s.worker.reconnect.After(failures))
		case jobs == 0:
			failures = 0
			s.pause(ctx)
		default:
			failures = 0
		}
	}
}

// pollOnce asks once for up to n jobs, whose slots are held already, and starts what it gets.
func (s *subscription) pollOnce(ctx context.Context, n int) (jobs int, err error) {
	wait := s.worker.client.longPoll
	if s.streams.Load() {
		wait = -time.Millisecond // a waiting poll would hold the slots that the stream needs
	}
	// The gateway answers within the wait; the margin is for the way. Without a deadline a dead connection hangs.
	end := ctx
	if wait < 0 { // answered at once: the worker's end does not cut off jobs that are on their way
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, max(wait, 0)+10*time.Second)
	defer cancel()
	defer context.AfterFunc(end, func() { time.AfterFunc(time.Second, cancel) })()
	stream, err := s.worker.client.gateway.ActivateJobs(ctx, &gatewaypb.ActivateJobsRequest{
		Type: s.handler.jobType, Worker: s.worker.name, Timeout: s.handler.settings.lease.Milliseconds(),
		MaxJobsToActivate: int32(n), FetchVariable: s.handler.fetch, RequestTimeout: wait.Milliseconds(),
		TenantIds: s.worker.tenants,
	})
	if err != nil {
		return 0, err
	}
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return jobs, nil
		}
		if err != nil {
			return jobs, err
		}
		for _, job := range answer.Jobs {
			if jobs == n { // more than asked for: not ours to keep
				s.handBack(job)
				continue
			}
			jobs++
			s.begin(job)
		}
	}
}

// pause waits for the next poll: hardly where the gateway itself waited (though one that answers an empty poll at
// once must not be asked in a tight loop), the interval beside an open stream, and in between while it is broken.
func (s *subscription) pause(ctx context.Context) {
	d := 50 * time.Millisecond
	switch {
	case s.flowing.Load():
		d = s.worker.pollInterval
	case s.streams.Load():
		d = min(500*time.Millisecond, s.worker.pollInterval)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.poke:
		sleep(ctx, s.worker.reconnect.Min) // however often it is asked for
	case <-ctx.Done():
	}
}

func (s *subscription) pollNow() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

// acquire waits for a free slot.
func (s *subscription) acquire(ctx context.Context) bool {
	select {
	case s.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// acquireMore takes the free slots that are there, without waiting.
func (s *subscription) acquireMore() (n int) {
	for {
		select {
		case s.slots <- struct{}{}:
			n++
		default:
			return n
		}
	}
}

// begin does a job in the background; its slot is held already and is given back at the end.
func (s *subscription) begin(job *gatewaypb.ActivatedJob) {
	s.running.Go(func() {
		defer func() { <-s.slots }()
		(&execution{subscription: s, job: job, log: s.log.With(
			"jobKey", job.Key, "processInstanceKey", job.ProcessInstanceKey, "elementId", job.ElementId, "retries", job.Retries,
		)}).run()
	})
}

// handBack makes a job that was not begun available to others at once, at no cost of a retry, and says whether the
// gateway took it.
func (s *subscription) handBack(job *gatewaypb.ActivatedJob) bool {
	ctx, cancel := context.WithTimeout(s.work, time.Second)
	defer cancel()
	_, err := s.worker.client.gateway.FailJob(ctx, &gatewaypb.FailJobRequest{
		JobKey: job.Key, Retries: job.Retries, ErrorMessage: "handed back: the worker is stopping or has no room",
	})
	if err != nil {
		s.log.Warn("a job could not be handed back; it comes again after its lease", "jobKey", job.Key, "error", err)
	}
	return err == nil
}

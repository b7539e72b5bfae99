package sdk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Worker serves the jobs of some handlers. Make one with NewWorker.
type Worker struct {
	client   *Client
	handlers []Handler

	name         string
	log          *slog.Logger
	observer     Observer
	drain        time.Duration
	pollInterval time.Duration
	reconnect    Backoff
	tenants      []string
	streaming    bool
}

// WorkerOption sets something of a worker.
type WorkerOption func(*Worker)

// Name is what the engine shows as the worker of a job; default host name and process id.
func Name(name string) WorkerOption { return func(w *Worker) { w.name = name } }

// Logger is where the worker logs; default slog.Default. Variables are never logged; see [Masking].
func Logger(log *slog.Logger) WorkerOption { return func(w *Worker) { w.log = log } }

// Observe sets who is told about jobs; see [Metrics].
func Observe(o Observer) WorkerOption { return func(w *Worker) { w.observer = o } }

// DrainTimeout is how long handlers may go on after the worker was told to stop; default 5 s, so that a process that
// has ten for its end has time for the rest.
func DrainTimeout(d time.Duration) WorkerOption { return func(w *Worker) { w.drain = d } }

// PollInterval is how often waiting jobs are asked for although a job stream is open, because a stream brings only
// jobs that become available while it is open; default 5 s.
func PollInterval(d time.Duration) WorkerOption { return func(w *Worker) { w.pollInterval = d } }

// Reconnect is the pause after a failed stream or poll; default 100 ms doubling up to 5 s.
func Reconnect(b Backoff) WorkerOption { return func(w *Worker) { w.reconnect = b } }

// PollOnly does without job streams.
func PollOnly() WorkerOption { return func(w *Worker) { w.streaming = false } }

// NewWorker makes a worker for the handlers; Run starts it. Two handlers for one job type are an error of Run.
func (c *Client) NewWorker(handlers []Handler, options ...WorkerOption) *Worker {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown-host"
	}
	w := &Worker{
		client: c, handlers: handlers, name: fmt.Sprintf("%s-%d", host, os.Getpid()), log: slog.Default(),
		observer: nobody{}, drain: 5 * time.Second, pollInterval: 5 * time.Second, streaming: true,
		reconnect: Backoff{Min: 100 * time.Millisecond, Max: 5 * time.Second, Factor: 2}, tenants: []string{c.tenant},
	}
	for _, o := range options {
		o(w)
	}
	return w
}

// ErrDrain means that handlers were still running when the drain timeout ended; the engine will hand their jobs out
// again after the lease.
var ErrDrain = errors.New("handlers were still running at the end of the drain timeout")

// Run serves until the context ends, then lets running handlers finish (see DrainTimeout) and reports their
// outcome. An engine that cannot be reached is no error: the worker goes on trying.
func (w *Worker) Run(ctx context.Context) error {
	seen := map[string]bool{}
	for _, h := range w.handlers {
		if h.perform == nil || seen[h.jobType] {
			return fmt.Errorf("sdk: job type %q has no handler made by Handle, or two", h.jobType)
		}
		seen[h.jobType] = true
	}
	// Handlers outlive ctx by the drain timeout.
	work, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	var takers, running sync.WaitGroup
	for _, h := range w.handlers {
		newSubscription(w, h, work, &running).start(ctx, &takers)
	}
	takers.Wait()
	if waitFor(&running, w.drain) {
		return nil
	}
	abort()
	if waitFor(&running, time.Second) { // they saw their context end
		return nil
	}
	return fmt.Errorf("sdk: %w (%s)", ErrDrain, w.drain)
}

// waitFor waits at most d. The goroutine it leaves behind after that ends with the handlers.
func waitFor(wg *sync.WaitGroup, d time.Duration) bool {
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

package sdk

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Handling is everything that can be said about how jobs of one type are done. Only Do is required.
type Handling[In, Out any] struct {
	// Do carries the job out. It must pass Job.IdempotencyKey (or a key of its own that is as stable) to whatever
	// it calls, because a job may be delivered more than once.
	Do func(context.Context, Job[In]) Outcome[Out]

	// Resolve finds out what became of a request whose outcome is unknown: Done or Rejected when it is known now,
	// Retryable when surely nothing happened so that Do may run again, Unknown when it still is not known. Without
	// it an unknown outcome is an incident at once: nobody but a person can find out.
	Resolve func(context.Context, Job[In]) Outcome[Out]

	// Key gives the business key of the work; it becomes Job.IdempotencyKey. An empty one means the default.
	Key func(In) string

	// OnRejected, when set, turns a rejection into an ordinary answer instead of a BPMN error.
	OnRejected func(Rejection) Out

	// OnUnknown, when set, turns an outcome that the resolver could not clear up into an ordinary answer, for
	// flows that ask themselves; else the job fails with back-off and is resolved first when it comes again.
	OnUnknown func(error) Out
}

// Handler serves the jobs of one type; made by Handle or HandleWith.
type Handler struct {
	jobType  string
	settings settings
	fetch    []string // names of the variables wanted; nil = all
	perform  func(ctx context.Context, a attempt) verdict
	resolves bool
}

// Type is the job type that the handler serves.
func (h Handler) Type() string { return h.jobType }

// Variables names what the handler reads of a job's variables; nil is all.
func (h Handler) Variables() []string {
	if h.fetch == nil {
		return nil
	}
	return slices.Clone(h.fetch[:len(h.fetch)-1]) // without the marker
}

// Resolves says whether unknown outcomes are cleared up, or at least answered as such, instead of ending in an
// incident.
func (h Handler) Resolves() bool { return h.resolves }

// Handle serves jobs of a type with a function that never answers Unknown (reads, and work without side effects).
func Handle[In, Out any](jobType string, do func(context.Context, Job[In]) Outcome[Out], options ...HandlerOption) Handler {
	return HandleWith(jobType, Handling[In, Out]{Do: do}, options...)
}

// HandleWith serves jobs of a type as the Handling says. It panics when the job type or Do is missing, as these are
// mistakes in the program and not of its input.
func HandleWith[In, Out any](jobType string, how Handling[In, Out], options ...HandlerOption) Handler {
	if jobType == "" || how.Do == nil {
		panic("sdk: a handler needs a job type and a Do function")
	}
	s := defaultSettings()
	for _, o := range options {
		o(&s)
	}
	fetch := variablesOf(reflect.TypeFor[In]())
	if fetch != nil {
		fetch = append(fetch, markerVariable)
	}
	return Handler{
		jobType: jobType, settings: s, fetch: fetch, resolves: how.Resolve != nil || how.OnUnknown != nil,
		perform: func(ctx context.Context, a attempt) verdict { return performer[In, Out]{how, s, a}.perform(ctx) },
	}
}

// HandlerOption sets how jobs of one handler are taken.
type HandlerOption func(*settings)

type settings struct {
	maxJobs int
	lease   time.Duration
	timeout time.Duration
	backoff Backoff
	asks    int
}

func defaultSettings() settings {
	return settings{
		maxJobs: 32, lease: 30 * time.Second, timeout: 5 * time.Minute, asks: 3,
		backoff: Backoff{Min: time.Second, Max: time.Minute, Factor: 2},
	}
}

// MaxJobs bounds how many jobs of this type one worker does at the same time; default 32.
func MaxJobs(n int) HandlerOption { return func(s *settings) { s.maxJobs = max(n, 1) } }

// Lease is for how long a job belongs to a worker that gives no sign of life; default 30 s. The SDK extends it
// while the handler runs, so it need not cover the longest run.
func Lease(d time.Duration) HandlerOption {
	return func(s *settings) { s.lease = max(d, 100*time.Millisecond) }
}

// Timeout ends the context of a handler's run; default 5 min. After it the lease is extended no more.
func Timeout(d time.Duration) HandlerOption { return func(s *settings) { s.timeout = d } }

// RetryBackoff sets how long the engine waits before a job that failed is handed out again; default 1 s doubling
// up to 1 min, with jitter.
func RetryBackoff(b Backoff) HandlerOption { return func(s *settings) { s.backoff = b } }

// ResolveAttempts sets how often the resolver is asked before the job is given back; default 3.
func ResolveAttempts(n int) HandlerOption { return func(s *settings) { s.asks = max(n, 1) } }

// variablesOf names the variables that fit into a struct, so that only those travel. Anything but a struct of named
// fields wants all: nil.
func variablesOf(t reflect.Type) []string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	names := []string{}
	for f := range t.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case tag == "-" || !f.IsExported() && !f.Anonymous:
		case f.Anonymous && tag == "":
			inner := variablesOf(f.Type)
			if inner == nil {
				return nil
			}
			names = append(names, inner...)
		case tag != "":
			names = append(names, tag)
		default:
			names = append(names, f.Name)
		}
	}
	return names
}

package partition

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
)

// Machine decides for the partition; *core.Core is one.
type Machine interface {
	// Decide processes commands and what is due; nothing changes until Committed.
	Decide(core.Input) core.Output
	// Committed takes note that the batch of the last decision is committed and applied.
	Committed(*record.Batch)
	// Due tells whether there is something to decide without commands, or when there will be.
	Due(now int64) (due bool, next int64)
}

// Config are the settings of a partition; zero values take the defaults named at each field.
type Config struct {
	// ID is the partition's number.
	ID int32
	// Log replicates its batches.
	Log Log
	// NewMachine makes the machine over the applied state: for each term in which this node leads,
	// and after a decision that panicked.
	NewMachine func() Machine
	// Reading is held while the machine reads the state: nobody else changes it meanwhile; nil for
	// a state that only Propose changes.
	Reading sync.Locker
	// QueueSize is how many commands may wait; 4096. New work may fill three quarters of it.
	QueueSize int
	// QueueLatency is how long new work may wait in the queue before more of it is refused; other
	// commands may wait five times as long. 200 ms.
	QueueLatency time.Duration
	// MaxCommands is how many commands one decision takes at most; 256.
	MaxCommands int
	// Now is the wall clock in milliseconds since the epoch; time.Now.
	Now func() int64
	// Seed feeds what expressions draw at random; a random number.
	Seed func() uint64
	// JobsAvailable is told the type of jobs that became available and that no stream took. It must
	// return at once.
	JobsAvailable func(jobType string)
	// Send releases commands for other partitions once they are committed, in the order of their sequences,
	// from the batches of one term. What was committed before is in the machine's outbox when Led is called.
	// It must return at once.
	Send func([]record.Send)
	// Undelivered takes commands for the partition's next leader: they make jobs available again that were
	// leased here and did not reach a worker before leadership was lost. They may be sent more than once,
	// or not at all: then the jobs' leases end in time. It must return at once.
	Undelivered func(yields []record.Record)
	// Led is told when this node takes up leadership, with the machine, which may be read during the call and
	// not after it, before anything is decided in that term; and when it gives it up, with nil. It must
	// return at once.
	Led func(leads bool, term uint64, m Machine)
	// Confirm returns when a majority has confirmed that this node still leads, or ErrNotLeader; nil for
	// a log without other members.
	Confirm func() error
	// Checkpoint takes the checkpoint with a number, after the batch that asks for it is committed and applied
	// and before the next decision: the partition waits for it. An error is logged; the checkpoint is then
	// missing here.
	Checkpoint func(number int64) error
	// Logger gets what an operator should know; slog.Default.
	Logger *slog.Logger
}

func (c *Config) setDefaults() {
	if c.QueueSize <= 0 {
		c.QueueSize = 4096
	}
	if c.MaxCommands <= 0 {
		c.MaxCommands = 256
	}
	if c.Now == nil {
		c.Now = func() int64 { return time.Now().UnixMilli() }
	}
	if c.Seed == nil {
		c.Seed = rand.Uint64
	}
	if c.Reading == nil {
		c.Reading = &sync.Mutex{}
	}
	if c.JobsAvailable == nil {
		c.JobsAvailable = func(string) {}
	}
	if c.Send == nil {
		c.Send = func([]record.Send) {}
	}
	if c.QueueLatency <= 0 {
		c.QueueLatency = 200 * time.Millisecond
	}
	if c.Undelivered == nil {
		c.Undelivered = func([]record.Record) {}
	}
	if c.Led == nil {
		c.Led = func(bool, uint64, Machine) {}
	}
	if c.Confirm == nil {
		c.Confirm = func() error { return nil }
	}
	if c.Checkpoint == nil {
		c.Checkpoint = func(int64) error { return nil }
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
}

// Errors of Submit beside those of the log.
var (
	// ErrOverloaded means that the partition gets commands faster than it decides them. The command
	// was surely not accepted.
	ErrOverloaded = errors.New("the partition is overloaded")
	// ErrQueueFull is ErrOverloaded.
	ErrQueueFull = ErrOverloaded
	// ErrDiskFull means that the disk has too little room for new work. The command was surely not
	// accepted.
	ErrDiskFull = errors.New("the disk is full")
	// ErrQuarantined means that deciding about the command failed by a defect of the engine. It has
	// no effect and is not tried again.
	ErrQuarantined = errors.New("the command makes the engine fail and was set aside")
)

// Partition runs one partition. All methods may be called from many goroutines at once.
type Partition struct {
	config   Config
	queue    chan *request
	wake     chan struct{} // there are internal commands, changes of streams, or questions
	quit     chan struct{}
	done     chan struct{}
	stopped  sync.Once
	leads    atomic.Bool
	pausedAt atomic.Int64 // by the wall clock in ms, 0 while the partition is not paused
	counts   counters
	streams  streams
	overload overload

	mu       sync.Mutex // guards what others leave for the owner
	left     atomic.Bool
	internal []core.Command
	queries  []*query
	gone     []uint64 // requests whose callers no longer wait

	requests sync.Pool // of *request
	owner    owner
}

// Open starts the partition. It decides once its log says that this node leads.
func Open(c Config) *Partition {
	c.setDefaults()
	p := &Partition{
		config: c, queue: make(chan *request, c.QueueSize),
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	p.requests.New = func() any { return &request{done: make(chan struct{}, 1)} }
	p.overload.target = c.QueueLatency
	p.streams.init()
	p.owner.init(p)
	go p.owner.run()
	return p
}

// Leads tells whether this node decides for the partition now.
func (p *Partition) Leads() bool { return p.leads.Load() }

// request is a command whose caller waits.
type request struct {
	command record.Record
	id      atomic.Uint64
	since   int64 // when it was put into the queue
	answer  record.Record
	err     error
	done    chan struct{}
}

func (r *request) finish(answer record.Record, err error) {
	r.answer, r.err = answer, err
	r.done <- struct{}{}
}

// Submit has a command decided and waits until that is committed. The answer is the event that the
// command led to, or its rejection. Errors: ErrOverloaded, ErrDiskFull, ErrQuarantined, ErrNotLeader,
// ErrUnknownOutcome, ErrStopped, or the context's, which ends the waiting
// and not a command that is being decided.
func (p *Partition) Submit(ctx context.Context, command record.Record) (record.Record, error) {
	if !p.leads.Load() {
		return record.Record{}, ErrNotLeader
	}
	now := clock()
	if err := p.admit(&command, now); err != nil {
		p.counts.refused.Add(1)
		return record.Record{}, err
	}
	r := p.requests.Get().(*request)
	r.command, r.since = command, now
	r.id.Store(0)
	select {
	case p.queue <- r:
	default:
		p.requests.Put(r)
		p.counts.refused.Add(1)
		return record.Record{}, fmt.Errorf("%w: the command queue of partition %d is full; send less or more slowly",
			ErrOverloaded, p.config.ID)
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		p.forget(r)
		return record.Record{}, ctx.Err()
	case <-p.done:
		select {
		case <-r.done:
		default:
			return record.Record{}, ErrStopped
		}
	}
	answer, err := r.answer, r.err
	r.command, r.answer, r.err = record.Record{}, record.Record{}, nil
	p.requests.Put(r)
	return answer, err
}

// abandoned is the id of a request whose caller left before it was decided: it never will be.
const abandoned = math.MaxUint64

// forget lets go of a request whose caller has left.
func (p *Partition) forget(r *request) {
	if r.id.CompareAndSwap(0, abandoned) {
		return
	}
	id := r.id.Load()
	p.leave(func() { p.gone = append(p.gone, id) })
}

// Post has a command decided without waiting for it.
func (p *Partition) Post(command record.Record) {
	p.leave(func() { p.internal = append(p.internal, core.Command{Record: command}) })
}

// leave gives the owner something to look at.
func (p *Partition) leave(what func()) {
	p.mu.Lock()
	what()
	p.mu.Unlock()
	p.left.Store(true)
	p.wakeUp()
}

func (p *Partition) wakeUp() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// query is a question about the committed state.
type query struct {
	ask  func(Machine)
	err  error
	done chan struct{}
}

// Query calls ask with the machine between two decisions, when everything decided so far is
// committed. It must be quick. Config.Confirm makes what it has read linearizable: a node that was
// frozen and does not know yet that another one leads gets ErrNotLeader instead of an old answer.
func (p *Partition) Query(ctx context.Context, ask func(Machine)) error {
	if !p.leads.Load() {
		return ErrNotLeader
	}
	q := &query{ask: ask, done: make(chan struct{})}
	p.leave(func() { p.queries = append(p.queries, q) })
	select {
	case <-q.done:
		if q.err != nil {
			return q.err
		}
		return p.config.Confirm()
	case <-ctx.Done():
		return ctx.Err()
	case <-p.done:
		return ErrStopped
	}
}

// Close stops the partition: waiting callers and streams are told.
func (p *Partition) Close() {
	p.stopped.Do(func() { close(p.quit) })
	<-p.done
}

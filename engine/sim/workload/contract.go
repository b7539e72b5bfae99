// Package workload is what uses a simulated cluster: clients, workers and the ledgers behind them. This file is the
// contract with the simulator's world (engine/sim), which knows nothing else of its users.
package workload

import (
	"errors"
	"math/rand/v2"

	"github.com/payhub/payhub/engine/record"
)

// What a client learns instead of an answer. Every error of Client.Answer is one of these.
var (
	// ErrUnavailable means that the command was surely not accepted: no leader was found in time.
	ErrUnavailable = errors.New("sim: surely not accepted")
	// ErrOverloaded means that the command was surely not accepted: the partition has too much to do or its disk is full.
	ErrOverloaded = errors.New("sim: surely not accepted: overloaded")
	// ErrUnknown means that nobody knows: the connection, the leadership, the gateway or the time was lost under way. The
	// command may have been decided, may be decided later, or never.
	ErrUnknown = errors.New("sim: outcome unknown")
	// ErrQuarantined means that deciding about the command made the engine fail; it has no effect.
	ErrQuarantined = errors.New("sim: the command makes the engine fail")
)

// World is the cluster as its users see it. Everything happens in one goroutine: the world calls the Client, which may
// call the World at once. Times are milliseconds of simulated true time since the Unix epoch; nodes have clocks of their
// own, which lie.
type World interface {
	// Now is the true time.
	Now() int64
	// Rand is the client's own source of choices, from the world's seed. Nothing else random may be used, no wall clock,
	// and no map may be ranged over where order can matter.
	Rand() *rand.Rand
	// After calls do once, delay milliseconds later. It also does after the world has healed.
	After(delay int64, do func())
	// Partitions is the number of partitions; they are 1 to Partitions.
	Partitions() int32
	// Gateways is the number of gateways; they are 0 to Gateways-1.
	Gateways() int
	// PartitionForCorrelationKey is where messages with this correlation key live, and keyed creates.
	PartitionForCorrelationKey(key string) int32
	// NextCreatePartition takes turns over the partitions, as gateways do for plain creates.
	NextCreatePartition(gateway int) int32
	// Submit hands a command to a gateway, which takes it to the partition's leader by the real rules: it is sent again only
	// when it was surely not accepted. Client.Answer is called once for each request, never inside Submit. The command must
	// not be changed afterwards. Poll for jobs with JobBatchActivate; deploy with DeploymentCreate at partition 1.
	Submit(gateway int, partition int32, command record.Record) (requestID uint64)
	// Lookup reads an instance at its partition's leader: by key, or, where that is 0, by its idempotency key. The answer
	// comes to Client.Found, once.
	Lookup(gateway int, partition int32, request LookupRequest) (requestID uint64)
	// Work opens the job streams of a worker at a gateway: jobs of all partitions are pushed to Client.Job, at most capacity
	// of them until Done. The gateway opens them again after every change of leader or broken connection. Workers are
	// numbered by the caller from 0; each is opened once.
	Work(worker, gateway int, jobType string, lease int64, capacity int)
	// Done gives a worker's credit back for one job that was pushed to it: it has no more to do with it.
	Done(worker int, key int64)
}

// LookupRequest names an instance.
type LookupRequest struct {
	ProcessInstanceKey            int64 // 0: by the rest
	TenantID, API, IdempotencyKey string
}

// Found is what a lookup found.
type Found struct {
	Found              bool
	ProcessInstanceKey int64
	State              string // record.InstanceActive, InstanceCompleted, InstanceTerminated
	Variables          record.Document
	Incidents          int
}

// Client is a workload.
type Client interface {
	// Start is called once, at the beginning of time.
	Start(w World)
	// Answer ends a request of Submit: with the event or rejection, or an error of this package. The record and what it
	// points to must not be changed.
	Answer(requestID uint64, answer record.Record, err error)
	// Found ends a request of Lookup.
	Found(requestID uint64, found Found, err error)
	// Job hands a worker a job that is leased to it.
	Job(worker int, key int64, job *record.Job)
	// Crashed tells that a worker has lost its memory: it must forget all jobs it has, and what it waited for in After is
	// as if it did not come. Its streams are opened again by the world, with full credit. What it did outside (ledgers) stays.
	Crashed(worker int)
	// Tick is called every simulated 100 ms.
	Tick(now int64)
	// Heal tells that from now on there are no faults any more: nothing new should be begun, everything begun should end.
	Heal()
	// Idle tells whether everything the workload began has ended. The world runs on after Heal until this is true or the
	// settling time is over; what is then not idle counts as stuck.
	Idle() bool
	// Unfinished names what has not ended, for the report; empty when Idle.
	Unfinished() []string
}

// Entry is one committed log entry of a partition.
type Entry struct {
	Partition int32
	Index     uint64
	// Term is the term of the entry; Decided the term its batch was decided in. When they differ it has no effect.
	Term, Decided uint64
	// Bytes is the entry as it is in the log; empty for entries of the log's own (barriers, members).
	Bytes []byte
	// Batch was decoded from Bytes; nil when there are none.
	Batch *record.Batch
	// Leader is the node that decided the batch; Clock was its wall clock then, and Real the true time.
	Leader      int
	Clock, Real int64
}

// Violation is a broken promise.
type Violation struct {
	// Rule names the invariant: I1 to I12 of the reliability rules, or a word.
	Rule string
	At   int64 // true time
	What string
}

// History is told everything that happens. It must not call the World. The same goroutine calls it.
type History interface {
	// Begin tells the shape of the cluster.
	Begin(nodes int, partitions int32, now int64)
	// Invoked and Answered are the operations of clients, in the order of true time. err is one of this package's errors.
	Invoked(at int64, requestID uint64, gateway int, partition int32, command *record.Record)
	Answered(at int64, requestID uint64, answer *record.Record, err error)
	// LookedUp is a read that was answered: invoked and answered at these times.
	LookedUp(invoked, answered int64, partition int32, request LookupRequest, found Found)
	// Committed is called once for each entry, in the order of indexes of its partition, as soon as a majority has it.
	Committed(at int64, e *Entry)
	// Applied tells that a replica applied an entry: after it, hash is the chain hash in its state, and rows (see Compared).
	Applied(at int64, node int, partition int32, index uint64, hash [record.HashSize]byte)
	// Compared gives the checksum of all rows of a replica's state as of an index, now and then and at the end.
	Compared(at int64, node int, partition int32, index uint64, rows [record.HashSize]byte)
	// Led tells that a node took up leadership of a partition, after its barrier, or gave it up.
	Led(at int64, node int, partition int32, term uint64, leads bool)
	// Pushed tells that a worker got a job, from the leader of a term; Answered tells of jobs got by polling.
	Pushed(at int64, worker int, partition int32, key int64, job *record.Job)
	// Exported tells that a sink made a record durable; positions may be repeated, never passed over.
	Exported(at int64, partition int32, exporter string, r *record.Record)
	// Fault tells of an injected fault.
	Fault(at int64, kind string, node int)
	// End tells that the world has settled and ends; unfinished is what the client still waits for.
	End(at int64, unfinished []string)
	// Violations lists the broken promises seen so far.
	Violations() []Violation
}

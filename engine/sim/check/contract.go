// Package check judges what a simulated cluster did, from its history alone. This file is the contract with the
// simulator's world (engine/sim) and its workloads.
package check

import (
	"errors"

	"github.com/payhub/payhub/engine/record"
)

// What a client learns instead of an answer. Every error of workload.Client.Answer is one of these.
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
	// Partition, Position and Key say where it was seen; 0 says nothing.
	Partition     int32
	Position, Key int64
	// Seed and Replay say how to see it again.
	Seed   uint64
	Replay string
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

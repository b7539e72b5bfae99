// Package workload is what uses a simulated cluster: clients, workers and the ledgers behind them. This file is the
// contract with the simulator's world (engine/sim), which knows nothing else of its users.
package workload

import (
	"math/rand/v2"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/sim/check"
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
	Lookup(gateway int, partition int32, request check.LookupRequest) (requestID uint64)
	// Work opens the job streams of a worker at a gateway: jobs of all partitions are pushed to Client.Job, at most capacity
	// of them until Done. The gateway opens them again after every change of leader or broken connection. Workers are
	// numbered by the caller from 0; each is opened once.
	Work(worker, gateway int, jobType string, lease int64, capacity int)
	// Done gives a worker's credit back for one job that was pushed to it: it has no more to do with it.
	Done(worker int, key int64)
}

// Client is a workload.
type Client interface {
	// Start is called once, at the beginning of time.
	Start(w World)
	// Answer ends a request of Submit: with the event or rejection, or one of the errors of package check. The record and what it
	// points to must not be changed.
	Answer(requestID uint64, answer record.Record, err error)
	// Found ends a request of Lookup.
	Found(requestID uint64, found check.Found, err error)
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

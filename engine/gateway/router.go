package gateway

import (
	"context"

	"github.com/payhub/payhub/engine/cluster"
	"github.com/payhub/payhub/engine/record"
)

// Router is the engine as the gateway sees it: partitions that take commands, wherever they
// run. All methods may be called from many goroutines at once.
type Router interface {
	// Submit hands a command to a partition's leader and waits until it is in the log. The
	// answer is the event the command led to, or a rejection (record.CommandRejection). An
	// error means that there is no answer: one of the Err values below or the context's error.
	// A cancelled context ends the waiting only, not the command.
	// While nobody leads the partition it waits for a new leader for some seconds.
	Submit(ctx context.Context, partition int32, command record.Record) (record.Record, error)
	// SubmitNow is Submit without waiting for a leader: ErrUnavailable if there is none at once.
	SubmitNow(ctx context.Context, partition int32, command record.Record) (record.Record, error)
	// Post hands a command to a partition without waiting: what nobody needs an answer to, and what
	// may get lost with a leader, since something else makes up for it later.
	Post(partition int32, command record.Record)
	// PartitionIDs lists the partitions of the cluster in ascending order, never none.
	PartitionIDs() []int32
	// PartitionForKey is the partition that made a key; ErrUnknownPartition if there is none.
	PartitionForKey(key int64) (int32, error)
	// PartitionForCorrelationKey is the partition that owns a correlation key, for ever.
	PartitionForCorrelationKey(correlationKey string) int32
	// NextCreatePartition is where a new instance goes best: a partition with a leader and a short queue.
	NextCreatePartition() int32
	// Topology is what is known of the cluster now; no brokers while nothing is known.
	Topology() Topology
	// OpenJobStream registers a worker that new jobs are pushed to, on every partition.
	OpenJobStream(ctx context.Context, request StreamRequest) (JobStream, error)
	// OnJobsAvailable names the function to call, with the job type or cluster.AnyJobType, when a job
	// may have become available after there was none. It returns at once. Called before the gateway serves.
	OnJobsAvailable(notify func(jobType string))
	// AwaitJobs says that a caller will wait if it finds no jobs of a type; it comes before each look
	// for them, and is good for one call of OnJobsAvailable's function.
	AwaitJobs(jobType string)
	// Query puts a question to a partition's leader, which answers from what is committed there.
	Query(ctx context.Context, partition int32, name string, body []byte) ([]byte, error)
	// Lookup reads an instance at the partition's leader; ErrNotFound if it is unknown.
	Lookup(ctx context.Context, partition int32, request LookupRequest) (Instance, error)
}

// What a Router may say instead of an answer, wrapped with where and why; see cluster.
var (
	ErrOverloaded       = cluster.ErrOverloaded
	ErrUnavailable      = cluster.ErrUnavailable
	ErrOutcomeUnknown   = cluster.ErrOutcomeUnknown
	ErrUnknownPartition = cluster.ErrUnknownPartition
	ErrNotFound         = cluster.ErrNotFound
)

// The words of the Router are those of the cluster.
type (
	// StreamRequest says which jobs a worker wants pushed.
	StreamRequest = cluster.StreamRequest
	// StreamedJob is a job that was leased to the worker of a stream.
	StreamedJob = cluster.StreamedJob
	// JobStream is the open stream of one worker.
	JobStream = cluster.JobStream
	// LookupRequest names an instance by its key or its idempotency key.
	LookupRequest = cluster.LookupRequest
	// Instance is what the engine knows of a process instance.
	Instance = cluster.Instance
	// OpenIncident is an incident that nobody has resolved yet.
	OpenIncident = cluster.OpenIncident
	// Role is what a node is for a partition.
	Role = cluster.Role
	// Topology is the cluster as this node knows it.
	Topology = cluster.Topology
	// Broker is one node of the cluster.
	Broker = cluster.Broker
	// BrokerPartition is a partition on one node.
	BrokerPartition = cluster.BrokerPartition
)

// The roles of a node for a partition.
const (
	Leader   = cluster.Leader
	Follower = cluster.Follower
	Inactive = cluster.Inactive
)

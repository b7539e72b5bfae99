package gateway

import (
	"context"
	"errors"

	"github.com/payhub/payhub/engine/record"
)

// Router is the engine as the gateway sees it: partitions that take commands, wherever they
// run. All methods may be called from many goroutines at once.
type Router interface {
	// Submit hands a command to a partition's leader and waits until it is in the log. The
	// answer is the event the command led to, or a rejection (record.CommandRejection). An
	// error means that there is no answer: one of the Err values below or the context's error.
	// A cancelled context ends the waiting only, not the command.
	Submit(ctx context.Context, partition int32, command record.Record) (record.Record, error)
	// Post hands a command to a partition without waiting: what nobody needs an answer to, and what
	// may get lost with a leader, since something else makes up for it later.
	Post(partition int32, command record.Record)
	// PartitionIDs lists the partitions of the cluster in ascending order, never none.
	PartitionIDs() []int32
	// PartitionForKey is the partition that made a key; ErrUnknownPartition if there is none.
	PartitionForKey(key int64) (int32, error)
	// PartitionForCorrelationKey is the partition that owns a correlation key, for ever.
	PartitionForCorrelationKey(correlationKey string) int32
	// NextCreatePartition takes turns over the partitions that new instances may go to.
	NextCreatePartition() int32
	// Topology is what is known of the cluster now; no brokers while nothing is known.
	Topology() Topology
	// OpenJobStream registers a worker that new jobs are pushed to, on every partition.
	OpenJobStream(ctx context.Context, request StreamRequest) (JobStream, error)
	// OnJobsAvailable names the function to call, with the job type, when a job may have become
	// available after there was none. It returns at once. Called before the gateway serves.
	OnJobsAvailable(notify func(jobType string))
	// Lookup reads an instance at the partition's leader; ErrNotFound if it is unknown.
	Lookup(ctx context.Context, partition int32, request LookupRequest) (Instance, error)
}

// What a Router may say instead of an answer, wrapped with where and why.
var (
	// ErrOverloaded: the partition refuses work for now; the command surely was not executed.
	ErrOverloaded = errors.New("overloaded")
	// ErrUnavailable: no leader could be reached; the command surely was not executed.
	ErrUnavailable = errors.New("unavailable")
	// ErrOutcomeUnknown: the connection or the leadership was lost while the command was under way.
	ErrOutcomeUnknown = errors.New("outcome unknown")
	// ErrUnknownPartition: the cluster has no such partition, and trying again will not help.
	ErrUnknownPartition = errors.New("unknown partition")
	// ErrNotFound: there is no such instance.
	ErrNotFound = errors.New("not found")
)

// StreamRequest says which jobs a worker wants pushed.
type StreamRequest struct {
	Type           string
	Worker         string   // may be empty
	Timeout        int64    // lease in ms
	FetchVariables []string // empty = all
	TenantIDs      []string
}

// StreamedJob is a job that was leased to the worker of a stream.
type StreamedJob struct {
	Key int64
	Job *record.Job
}

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

// LookupRequest names an instance by its key or, where that is 0, by its idempotency key.
type LookupRequest struct {
	ProcessInstanceKey int64
	TenantID           string
	API                string
	IdempotencyKey     string
}

// Instance is what the engine knows of a process instance, running or ended.
type Instance struct {
	ProcessInstanceKey   int64
	ProcessDefinitionKey int64
	BpmnProcessID        string
	Version              int32
	State                string          // record.InstanceActive, InstanceCompleted or InstanceTerminated
	Variables            record.Document // of the root scope
	CreatedAt            int64           // ms since the epoch
	EndedAt              int64           // ms since the epoch, 0 or less while running
	Incidents            []OpenIncident
}

// OpenIncident is an incident that nobody has resolved yet.
type OpenIncident struct {
	Key       int64
	CreatedAt int64 // ms since the epoch, 0 if not known
	record.Incident
}

// Role is what a node is for a partition.
type Role uint8

// The roles of a node for a partition.
const (
	Leader Role = iota
	Follower
	Inactive
)

// Topology is the cluster as this node knows it.
type Topology struct {
	ClusterID         string
	ClusterSize       int32
	PartitionsCount   int32
	ReplicationFactor int32
	Brokers           []Broker
}

// Broker is one node with the address clients would reach its gateway's cluster side at.
type Broker struct {
	NodeID     int32
	Host       string
	Port       int32
	Version    string // "" = as the gateway's
	Partitions []BrokerPartition
}

// BrokerPartition is a partition on one node.
type BrokerPartition struct {
	ID      int32
	Role    Role
	Healthy bool
}

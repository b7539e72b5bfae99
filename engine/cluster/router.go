// Package cluster knows where partitions are and takes commands to them: to this node's own or,
// once a cluster has more than one node, to the node that leads the partition.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

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

// Config describes the node's place in its cluster.
type Config struct {
	ClusterID         string
	NodeID            int32
	ClusterSize       int32
	ReplicationFactor int32
	// Host and Port are where other nodes reach this one.
	Host string
	Port int32
}

// Router takes commands to partitions. All methods may be called from many goroutines at once.
type Router struct {
	config     Config
	partitions map[int32]*partition.Partition
	ids        []int32
	creates    atomic.Uint32
	notify     atomic.Pointer[func(jobType string)]
}

// NewRouter makes a router without partitions. Add each before the gateway serves.
func NewRouter(config Config) *Router {
	return &Router{config: config, partitions: map[int32]*partition.Partition{}}
}

// Add makes a partition of this node known. It is not to be called once commands are routed.
func (r *Router) Add(id int32, p *partition.Partition) {
	r.partitions[id] = p
	r.ids = append(r.ids, id)
	slices.Sort(r.ids)
}

// partition finds a partition.
func (r *Router) partition(id int32) (*partition.Partition, error) {
	p := r.partitions[id]
	if p == nil {
		return nil, fmt.Errorf("%w: the cluster has partitions 1 to %d, there is no partition %d", ErrUnknownPartition, len(r.ids), id)
	}
	return p, nil
}

// Submit hands a command to a partition's leader and waits until it is in the log. The answer is
// the event the command led to, or a rejection. An error means that there is no answer: one of
// the Err values or the context's error. A cancelled context ends the waiting only, not the
// command.
func (r *Router) Submit(ctx context.Context, id int32, command record.Record) (record.Record, error) {
	p, err := r.partition(id)
	if err != nil {
		return record.Record{}, err
	}
	answer, err := p.Submit(ctx, command)
	return answer, translate(err)
}

// Post hands a command to a partition without waiting: what nobody needs an answer to, and what
// may get lost with a leader, since something else makes up for it later.
func (r *Router) Post(id int32, command record.Record) {
	if p := r.partitions[id]; p != nil {
		p.Post(command)
	}
}

// translate gives a partition's error its meaning for a caller.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, partition.ErrQueueFull), errors.Is(err, partition.ErrDiskFull):
		return fmt.Errorf("%w: %w", ErrOverloaded, err)
	case errors.Is(err, partition.ErrNotLeader), errors.Is(err, partition.ErrStopped):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case errors.Is(err, partition.ErrUnknownOutcome):
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	}
	return err
}

// PartitionIDs lists the partitions of the cluster in ascending order, never none.
func (r *Router) PartitionIDs() []int32 { return r.ids }

// PartitionForKey is the partition that made a key; ErrUnknownPartition if there is none.
func (r *Router) PartitionForKey(key int64) (int32, error) {
	id := record.PartitionOf(key)
	_, err := r.partition(id)
	return id, err
}

// PartitionForCorrelationKey is the partition that owns a correlation key, for ever.
func (r *Router) PartitionForCorrelationKey(correlationKey string) int32 {
	return record.PartitionForCorrelationKey(correlationKey, int32(len(r.ids)))
}

// NextCreatePartition takes turns over the partitions that new instances may go to.
func (r *Router) NextCreatePartition() int32 {
	return r.ids[r.creates.Add(1)%uint32(len(r.ids))]
}

// OnJobsAvailable names the function to call, with the job type, when a job may have become
// available after there was none. It returns at once. Called before the gateway serves.
func (r *Router) OnJobsAvailable(notify func(jobType string)) { r.notify.Store(&notify) }

// JobsAvailable is what partitions call when a job that no stream took has become available.
func (r *Router) JobsAvailable(jobType string) {
	if notify := r.notify.Load(); notify != nil {
		(*notify)(jobType)
	}
}

// LookupRequest names an instance by its key or, where that is 0, by its idempotency key.
type LookupRequest = partition.LookupRequest

// Lookup reads an instance at the partition's leader; ErrNotFound if it is unknown.
func (r *Router) Lookup(ctx context.Context, id int32, request LookupRequest) (Instance, error) {
	p, err := r.partition(id)
	if err != nil {
		return Instance{}, err
	}
	found, err := p.Lookup(ctx, request)
	if err != nil {
		return Instance{}, translate(err)
	}
	if !found.Found {
		return Instance{}, ErrNotFound
	}
	instance := Instance{
		ProcessInstanceKey: found.ProcessInstanceKey, ProcessDefinitionKey: found.ProcessDefinitionKey,
		BpmnProcessID: found.BpmnProcessID, Version: found.Version, State: found.State, Variables: found.Variables,
		CreatedAt: found.CreatedAt, EndedAt: found.EndedAt,
	}
	for _, i := range found.Incidents {
		instance.Incidents = append(instance.Incidents, OpenIncident{Key: i.Key, Incident: i.Incident})
	}
	return instance, nil
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

// Package cluster knows where partitions are and takes commands, questions and mail to them: to this
// node's own or to the node that leads the partition; it brings their jobs to the workers that are
// connected here.
package cluster

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

// Router takes commands to partitions. All methods may be called from many goroutines at once.
type Router struct {
	config   Config
	view     atomic.Pointer[view]
	mu       sync.Mutex // guards changes of the view
	table    *table
	loads    loads
	roster   *roster
	calls    *Calls
	notices  *notices
	couriers *couriers
	handed   *handed
	streams  atomic.Uint64 // numbers the job streams at other nodes

	posting atomic.Int64 // posted commands that wait for a leader

	ctx   context.Context // ends with Close
	end   context.CancelFunc
	ended bool           // guarded by mu
	tasks sync.WaitGroup // what runs until Close
}

// view is what commands are routed by. It is never changed but replaced.
type view struct {
	ids      []int32 // of all partitions of the cluster, ascending
	messages int32   // how many of them keyed commands are spread over
	locals   map[int32]Local
}

// NewRouter makes a router without partitions. It runs nothing by itself before it is used with
// peers; Close ends what runs.
func NewRouter(config Config) *Router {
	config.setDefaults()
	r := &Router{config: config, table: newTable()}
	r.ctx, r.end = context.WithCancel(context.Background())
	r.calls, r.notices, r.couriers = newCalls(r), newNotices(r), newCouriers(r)
	r.roster, r.handed = newRoster(r), newHanded(r)
	r.set(func(v *view) { v.locals = map[int32]Local{} })
	return r
}

// set replaces the view by one that change has been applied to.
func (r *Router) set(change func(*view)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := view{}
	if now := r.view.Load(); now != nil {
		next = *now
		next.locals = maps.Clone(now.locals)
	}
	change(&next)
	next.ids = nil
	for id := int32(1); id <= r.config.Partitions; id++ {
		next.ids = append(next.ids, id)
	}
	if r.config.Partitions == 0 { // nobody said how many: those that were added
		next.ids = slices.Sorted(maps.Keys(next.locals))
	}
	if next.messages = r.config.MessagePartitions; next.messages == 0 {
		next.messages = int32(len(next.ids))
	}
	r.view.Store(&next)
}

// Add makes a partition known that has a replica on this node.
func (r *Router) Add(id int32, p Local) {
	r.set(func(v *view) { v.locals[id] = p })
	r.roster.changed()
}

// Remove forgets a partition whose replica is no longer on this node. The cluster still has it, if
// it is among SetPartitions' or Config.Partitions.
func (r *Router) Remove(id int32) {
	r.set(func(v *view) { delete(v.locals, id) })
	r.couriers.led(id, false, nil)
	r.roster.changed()
}

// SetPartitions says how many partitions the cluster has now, numbered from 1, and over how many of
// them keyed commands are spread. One that is being added is not among them yet: mail reaches it once
// it has a leader, and nothing else is sent there.
func (r *Router) SetPartitions(partitions, messagePartitions int32) {
	r.mu.Lock()
	r.config.Partitions, r.config.MessagePartitions = partitions, messagePartitions
	r.mu.Unlock()
	r.set(func(*view) {})
	r.roster.changed()
}

// Led says that a partition of this node took up or gave up leadership in a term: other nodes are
// told at once, and mail to other partitions is sent while it leads. It is called by the partition's
// owner with the machine, which is read during the call only; nil where leads is false.
func (r *Router) Led(id int32, leads bool, term uint64, machine partition.Machine) {
	server := ""
	if leads {
		server = r.config.ServerID
	}
	r.couriers.led(id, leads, machine)
	old := r.table.leader(id).server
	if r.table.learn(id, leadership{term, server}) {
		if leads {
			r.config.Tell(factName(id), term, []byte(server))
		}
		r.leaderChanged(id, old)
	}
	r.roster.changed()
	r.topologyChanged()
}

// Announced takes the news, from gossip, that a server leads a partition in a term.
func (r *Router) Announced(id int32, term uint64, serverID string) {
	r.learn(id, leadership{term, serverID})
}

// learn takes news of a leader from elsewhere.
func (r *Router) learn(id int32, news leadership) {
	if news.server == r.config.ServerID && news.term > r.table.leader(id).term {
		return // what this node leads it knows better: it is old
	}
	old := r.table.leader(id).server
	if r.table.learn(id, news) {
		r.leaderChanged(id, old)
		r.topologyChanged()
	}
}

// leaderChanged passes the news of a new leader on, to those who wait for one.
// What is still under way to the old leader will hardly be answered.
func (r *Router) leaderChanged(id int32, old string) {
	if old != "" && old != r.config.ServerID && old != r.table.leader(id).server {
		r.roster.abandon(old, id)
	}
	r.couriers.available(id)
	r.notices.wakeAll()
}

// factName is the name of the fact who leads a partition.
func factName(id int32) string { return fmt.Sprintf("leader.%d", id) }

// MembersChanged says that Config.Peers lists other peers than before, or knows more of them.
func (r *Router) MembersChanged() {
	r.roster.changed()
	r.topologyChanged()
}

// Sent takes mail that a partition of this node has committed just now; see partition.Config.Send.
func (r *Router) Sent(id int32, sends []record.Send) { r.couriers.sentNow(id, sends) }

// Serve answers the other nodes' calls until Close; it returns nil after that.
func (r *Router) Serve(listener net.Listener) error { return r.roster.serve(listener) }

// Calls are the management's calls between nodes.
func (r *Router) Calls() *Calls { return r.calls }

// Close ends everything that the router runs. Commands under way end with ErrOutcomeUnknown.
func (r *Router) Close() {
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	r.end()
	r.roster.close()
	r.couriers.close()
	r.tasks.Wait()
	r.handed.close()
}

// spawn runs a task that Close waits for; false after Close.
func (r *Router) spawn(task func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.tasks.Go(task)
	}
	return !r.ended
}

// PartitionIDs lists the partitions of the cluster in ascending order, never none.
func (r *Router) PartitionIDs() []int32 { return r.view.Load().ids }

// has tells whether the cluster has a partition.
func (v *view) has(id int32) bool {
	if n := int32(len(v.ids)); id >= 1 && id <= n && v.ids[id-1] == id {
		return true
	}
	_, found := slices.BinarySearch(v.ids, id)
	return found
}

// PartitionForKey is the partition that made a key; ErrUnknownPartition if there is none.
func (r *Router) PartitionForKey(key int64) (int32, error) {
	id := record.PartitionOf(key)
	if v := r.view.Load(); !v.has(id) {
		return id, unknownPartition(v, id)
	}
	return id, nil
}

func unknownPartition(v *view, id int32) error {
	return fmt.Errorf("%w: the cluster has partitions 1 to %d, there is no partition %d", ErrUnknownPartition, len(v.ids), id)
}

// PartitionForCorrelationKey is the partition that owns a correlation key, for ever.
func (r *Router) PartitionForCorrelationKey(correlationKey string) int32 {
	return record.PartitionForCorrelationKey(correlationKey, r.view.Load().messages)
}

// OnJobsAvailable names the function to call, with the job type or AnyJobType, when a job may have
// become available after there was none. It returns at once. Called before the gateway serves.
func (r *Router) OnJobsAvailable(notify func(jobType string)) { r.notices.notify.Store(&notify) }

// JobsAvailable is what partitions call when a job that no stream took has become available.
func (r *Router) JobsAvailable(jobType string) { r.notices.available(jobType) }

// AwaitJobs says that somebody here is about to look for jobs of a type and will wait if there are
// none: when one becomes available anywhere in the cluster, OnJobsAvailable's function is called.
// It is good for one call of that function; whoever goes on waiting calls it again, before looking.
func (r *Router) AwaitJobs(jobType string) { r.notices.await(jobType) }

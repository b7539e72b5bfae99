package placement

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Kind names an operation. Where Zeebe's cluster API has it, the name is Zeebe's.
type Kind string

// The operations.
const (
	// BrokerAdd makes a node a member.
	BrokerAdd Kind = "BROKER_ADD"
	// BrokerRemove takes a node that has no partition any more out of the cluster.
	BrokerRemove Kind = "BROKER_REMOVE"
	// BrokerRenew says that a node has another disk now.
	BrokerRenew Kind = "BROKER_RENEW"
	// PartitionJoin opens a replica on a node as non-voter and makes it a voter when it has caught up.
	PartitionJoin Kind = "PARTITION_JOIN"
	// PartitionLeave takes a node out of the voters; the leader hands leadership over first.
	PartitionLeave Kind = "PARTITION_LEAVE"
	// PartitionReconfigurePriority changes who should lead; no voter changes.
	PartitionReconfigurePriority Kind = "PARTITION_RECONFIGURE_PRIORITY"
	// PartitionBootstrap starts a new partition with one voter.
	PartitionBootstrap Kind = "PARTITION_BOOTSTRAP"
	// PartitionForceReconfigure leaves only the named nodes as voters, without asking the others.
	PartitionForceReconfigure Kind = "PARTITION_FORCE_RECONFIGURE"
	// UpdateRouting gives new process instances to the first Partitions partitions.
	UpdateRouting Kind = "UPDATE_ROUTING"
	// UpdateReplicationFactor records how many replicas a partition has from now on.
	UpdateReplicationFactor Kind = "UPDATE_REPLICATION_FACTOR"
)

// Operation is one small step of a change. Which fields count depends on the kind. Carrying one out
// twice does no harm, so that whoever takes over after a crash begins with the first not completed.
type Operation struct {
	Kind Kind `json:"operation"`
	// Node is the node that joins, leaves, starts a partition, comes or goes.
	Node int32 `json:"brokerId"`
	// Generation is that node's: an operation never means another disk than the one it was planned for.
	Generation string `json:"generation,omitempty"`
	Zone       string `json:"zone,omitempty"`
	Partition  int32  `json:"partitionId,omitempty"`
	Priority   int    `json:"priority,omitempty"`
	// Nodes are the survivors of PartitionForceReconfigure.
	Nodes []int32 `json:"brokers,omitempty"`
	// Count is the number of partitions of UpdateRouting, the factor of UpdateReplicationFactor.
	Count int `json:"count,omitempty"`
}

// Change is an ordered list of operations; those before Done are completed.
type Change struct {
	// ID grows from change to change.
	ID         int64       `json:"id"`
	Operations []Operation `json:"operations"`
	Done       int         `json:"done"`
	// Started is when it was asked for, in Unix milliseconds.
	Started int64 `json:"startedAt"`
}

// Ended is a change that is over.
type Ended struct {
	ID        int64 `json:"id"`
	Cancelled bool  `json:"cancelled,omitempty"`
	Started   int64 `json:"startedAt"`
	// Completed is when it ended, in Unix milliseconds.
	Completed int64 `json:"completedAt"`
}

// ErrChangeRunning is why a plan is refused while another one is under way.
var ErrChangeRunning = errors.New("a change of the cluster is under way: wait for its end or cancel it")

// ErrNoChange is why nothing can be completed or cancelled.
var ErrNoChange = errors.New("no change of the cluster is under way")

// Current is the operation to be carried out now.
func (c *Configuration) Current() (Operation, bool) {
	if c.Change == nil {
		return Operation{}, false
	}
	return c.Change.Operations[c.Change.Done], true
}

// Complete gives the configuration after an operation of the change under way, counted from 0, was
// carried out; at is the time in Unix milliseconds. The last one ends the change. An operation that
// was completed before changes nothing (the same configuration comes back), one whose turn it is not
// is an error.
func (c *Configuration) Complete(operation int, at int64) (*Configuration, error) {
	if c.Change == nil {
		return nil, ErrNoChange
	}
	if operation < c.Change.Done {
		return c, nil
	}
	if operation > c.Change.Done {
		return nil, fmt.Errorf("operation %d of change %d cannot be completed: it is the turn of operation %d", operation, c.Change.ID, c.Change.Done)
	}
	next := c.clone()
	if err := next.apply(c.Change.Operations[operation]); err != nil {
		return nil, fmt.Errorf("operation %d of change %d: %w", operation, c.Change.ID, err)
	}
	next.Version++
	next.Change.Done++
	if next.Change.Done == len(next.Change.Operations) {
		next.end(false, at)
	}
	return next, nil
}

// Cancel ends the change under way where it is: every step leaves a cluster that works, and the next
// plan starts from there. What the current operation has done so far counts for nothing: a leader
// whose Raft voters are not the configuration's brings them back to it.
func (c *Configuration) Cancel(at int64) (*Configuration, error) {
	if c.Change == nil {
		return nil, ErrNoChange
	}
	next := c.clone()
	next.Version++
	next.end(true, at)
	return next, nil
}

// Expected is the configuration when everything of the change under way is done.
func (c *Configuration) Expected() (*Configuration, error) {
	for c.Change != nil {
		next, err := c.Complete(c.Change.Done, 0)
		if err != nil {
			return nil, err
		}
		c = next
	}
	return c, nil
}

func (c *Configuration) end(cancelled bool, at int64) {
	c.LastChange = &Ended{ID: c.Change.ID, Cancelled: cancelled, Started: c.Change.Started, Completed: at}
	c.Change = nil
}

// apply changes the configuration as an operation says, or refuses what does not fit.
func (c *Configuration) apply(o Operation) error {
	switch o.Kind {
	case BrokerAdd:
		return c.addMember(Member{Node: o.Node, Generation: o.Generation, Zone: o.Zone})
	case BrokerRemove:
		return c.removeMember(o.Node)
	case BrokerRenew:
		i := slices.IndexFunc(c.Members, func(m Member) bool { return m.Node == o.Node })
		if i < 0 {
			return unknownNode(o.Node)
		}
		c.Members[i].Generation = o.Generation
	case UpdateRouting:
		c.RoutedPartitions = int32(o.Count)
	case UpdateReplicationFactor:
		c.ReplicationFactor = o.Count
	case PartitionBootstrap:
		if o.Partition != int32(len(c.Partitions))+1 {
			return fmt.Errorf("partition %d cannot be started: the next one is %d", o.Partition, len(c.Partitions)+1)
		}
		c.Partitions = append(c.Partitions, Partition{ID: o.Partition})
		return c.join(o)
	case PartitionJoin:
		return c.join(o)
	case PartitionLeave, PartitionReconfigurePriority, PartitionForceReconfigure:
		return c.reconfigure(o)
	default:
		return fmt.Errorf("%q is not an operation that this version knows", o.Kind)
	}
	return nil
}

func (c *Configuration) addMember(m Member) error {
	i, found := slices.BinarySearchFunc(c.Members, m.Node, func(m Member, node int32) int { return cmp.Compare(m.Node, node) })
	if found {
		return fmt.Errorf("node %d is a member already", m.Node)
	}
	c.Members = slices.Insert(c.Members, i, m)
	return nil
}

func (c *Configuration) removeMember(node int32) error {
	for _, p := range c.Partitions {
		if _, has := p.On(node); has {
			return fmt.Errorf("node %d cannot be removed: it still has partition %d", node, p.ID)
		}
	}
	c.Members = slices.DeleteFunc(c.Members, func(m Member) bool { return m.Node == node })
	return nil
}

func (c *Configuration) partition(id int32) (*Partition, error) {
	if id < 1 || int(id) > len(c.Partitions) {
		return nil, unknownPartition(id, len(c.Partitions))
	}
	return &c.Partitions[id-1], nil
}

func (c *Configuration) join(o Operation) error {
	p, err := c.partition(o.Partition)
	if err != nil {
		return err
	}
	m, ok := c.Member(o.Node)
	if !ok || m.Generation != o.Generation {
		return fmt.Errorf("partition %d cannot be joined by %s: it is not a member", o.Partition, ServerID(o.Node, o.Generation))
	}
	i, found := slices.BinarySearchFunc(p.Replicas, o.Node, func(r Replica, node int32) int { return cmp.Compare(r.Node, node) })
	if found {
		return fmt.Errorf("node %d has partition %d already", o.Node, o.Partition)
	}
	p.Replicas = slices.Insert(p.Replicas, i, Replica{Node: o.Node, Generation: o.Generation, Priority: o.Priority})
	return nil
}

// reconfigure changes the replicas that a partition has.
func (c *Configuration) reconfigure(o Operation) error {
	p, err := c.partition(o.Partition)
	if err != nil {
		return err
	}
	if o.Kind == PartitionForceReconfigure {
		p.Replicas = slices.DeleteFunc(p.Replicas, func(r Replica) bool { return !slices.Contains(o.Nodes, r.Node) })
		if len(p.Replicas) == 0 {
			return fmt.Errorf("partition %d would have no replica left", o.Partition)
		}
		return nil
	}
	i := slices.IndexFunc(p.Replicas, func(r Replica) bool { return r.Node == o.Node && r.Generation == o.Generation })
	if i < 0 {
		return fmt.Errorf("%s does not have partition %d", ServerID(o.Node, o.Generation), o.Partition)
	}
	if o.Kind == PartitionReconfigurePriority {
		p.Replicas[i].Priority = o.Priority
		return nil
	}
	if len(p.Replicas) == 1 {
		return fmt.Errorf("node %d cannot leave partition %d: it has the only replica", o.Node, o.Partition)
	}
	p.Replicas = slices.Delete(p.Replicas, i, i+1)
	return nil
}

func unknownNode(node int32) error {
	return fmt.Errorf("node %d is not a member of the cluster", node)
}

func unknownPartition(id int32, count int) error {
	return fmt.Errorf("there is no partition %d: the cluster has 1 to %d", id, count)
}

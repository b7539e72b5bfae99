package actuator

import (
	"time"

	"github.com/payhub/payhub/engine/cluster/placement"
	"github.com/payhub/payhub/engine/node"
)

// Topology is the cluster with the change under way, the answer of GET /actuator/cluster.
type Topology struct {
	Version int64    `json:"version"`
	Brokers []Broker `json:"brokers"`
	// Routing is to how many partitions new instances go, and over how many messages are spread.
	Routing       Routing        `json:"routing"`
	LastChange    *LastChange    `json:"lastChange,omitempty"`
	PendingChange *PendingChange `json:"pendingChange,omitempty"`
	// Coordinator is the server id of the node that carries changes out; "": it is not known.
	Coordinator string `json:"coordinator,omitempty"`
	// Abandoned are disks that the cluster was recovered without.
	Abandoned []string `json:"abandoned,omitempty"`
}

// Broker is a node of the cluster; states are Zeebe's: ACTIVE, JOINING, LEAVING.
type Broker struct {
	ID            int32             `json:"id"`
	State         string            `json:"state"`
	Version       int64             `json:"version"`
	LastUpdatedAt string            `json:"lastUpdatedAt,omitempty"`
	Partitions    []BrokerPartition `json:"partitions"`
	Zone          string            `json:"zone,omitempty"`
	Generation    string            `json:"generation,omitempty"`
	// Seen: the node that was asked sees it alive; absent where that is not known.
	Seen *bool `json:"seen,omitempty"`
}

// BrokerPartition is a replica on a node.
type BrokerPartition struct {
	ID       int32  `json:"id"`
	State    string `json:"state"`
	Priority int    `json:"priority"`
}

// Routing is where new work goes.
type Routing struct {
	Partitions        int32 `json:"partitions"`
	MessagePartitions int32 `json:"messagePartitions"`
}

// LastChange is the change that has ended last; Status is COMPLETED or CANCELLED.
type LastChange struct {
	ID          int64  `json:"id"`
	Status      string `json:"status"`
	StartedAt   string `json:"startedAt"`
	CompletedAt string `json:"completedAt"`
}

// PendingChange is the change under way.
type PendingChange struct {
	ID        int64                 `json:"id"`
	Status    string                `json:"status"`
	StartedAt string                `json:"startedAt"`
	Completed []placement.Operation `json:"completed"`
	Pending   []placement.Operation `json:"pending"`
	// EntriesBehind is what the replica that is joining lacks of the log.
	EntriesBehind uint64 `json:"entriesBehind,omitempty"`
	// Failure is why the last try of the operation under way failed; it is tried again.
	Failure string `json:"failure,omitempty"`
}

// Plan is the answer to a request for a change.
type Plan struct {
	ChangeID        int64                 `json:"changeId"`
	CurrentTopology []Broker              `json:"currentTopology"`
	PlannedChanges  []placement.Operation `json:"plannedChanges"`
	Expected        []Broker              `json:"expectedTopology"`
}

const (
	active  = "ACTIVE"
	joining = "JOINING"
	leaving = "LEAVING"
)

// when writes a time in Unix milliseconds as RFC 3339; 0 is "".
func when(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format(time.RFC3339Nano)
}

// topologyOf is a status in the form of the endpoint.
func topologyOf(s node.Status) Topology {
	c := s.Configuration
	t := Topology{
		Version: c.Version, Brokers: brokersOf(c), Routing: Routing{c.RoutedPartitions, c.MessagePartitions},
		LastChange: lastChangeOf(c.LastChange), PendingChange: pendingOf(c.Change, s.Progress), Coordinator: s.Coordinator, Abandoned: c.Abandoned,
	}
	alive := map[string]bool{}
	for _, server := range s.Seen {
		alive[server] = true
	}
	for i, b := range t.Brokers {
		seen := alive[placement.ServerID(b.ID, b.Generation)]
		t.Brokers[i].Seen = &seen
	}
	return t
}

// brokersOf lists a configuration's nodes with their partitions.
func brokersOf(c *placement.Configuration) []Broker {
	now, _ := c.Current()
	updated := int64(0)
	if c.LastChange != nil {
		updated = c.LastChange.Completed
	}
	brokers := []Broker{}
	for _, m := range c.Members {
		b := Broker{ID: m.Node, State: active, Version: c.Version, LastUpdatedAt: when(updated), Zone: m.Zone, Generation: m.Generation, Partitions: []BrokerPartition{}}
		if now.Kind == placement.BrokerRemove && now.Node == m.Node {
			b.State = leaving
		}
		for _, p := range c.Partitions {
			r, has := p.On(m.Node)
			about := now.Partition == p.ID && now.Node == m.Node
			switch {
			case has && about && now.Kind == placement.PartitionLeave:
				b.Partitions = append(b.Partitions, BrokerPartition{p.ID, leaving, r.Priority})
			case has:
				b.Partitions = append(b.Partitions, BrokerPartition{p.ID, active, r.Priority})
			case about && now.Kind == placement.PartitionJoin:
				b.Partitions = append(b.Partitions, BrokerPartition{p.ID, joining, now.Priority})
			}
		}
		brokers = append(brokers, b)
	}
	if now.Kind == placement.BrokerAdd {
		brokers = append(brokers, Broker{ID: now.Node, State: joining, Version: c.Version, Zone: now.Zone, Generation: now.Generation, Partitions: []BrokerPartition{}})
	}
	return brokers
}

func lastChangeOf(e *placement.Ended) *LastChange {
	if e == nil {
		return nil
	}
	status := "COMPLETED"
	if e.Cancelled {
		status = "CANCELLED"
	}
	return &LastChange{e.ID, status, when(e.Started), when(e.Completed)}
}

func pendingOf(c *placement.Change, p *node.Progress) *PendingChange {
	if c == nil {
		return nil
	}
	pending := &PendingChange{ID: c.ID, Status: "IN_PROGRESS", StartedAt: when(c.Started), Completed: c.Operations[:c.Done], Pending: c.Operations[c.Done:]}
	if p != nil {
		pending.EntriesBehind, pending.Failure = p.Behind, p.Failure
	}
	return pending
}

// planOf is what was planned in the form of the endpoints.
func planOf(p node.Planned) (Plan, error) {
	expected, err := p.Next.Expected()
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{ChangeID: p.Next.Version, CurrentTopology: brokersOf(p.Now), PlannedChanges: p.Operations(), Expected: brokersOf(expected)}
	if p.Next.Change != nil {
		plan.ChangeID = p.Next.Change.ID
	}
	if plan.PlannedChanges == nil {
		plan.PlannedChanges = []placement.Operation{}
	}
	return plan, nil
}

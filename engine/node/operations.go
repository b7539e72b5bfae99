package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/cluster/placement"
	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

// carryOut does one operation of a change. Doing it twice does no harm. It returns when the
// operation is done; an error means that it is to be tried again.
func (n *Node) carryOut(ctx context.Context, c *placement.Configuration, o placement.Operation) error {
	switch o.Kind {
	case placement.PartitionJoin:
		return n.joinPartition(ctx, c, o)
	case placement.PartitionLeave:
		return n.leavePartition(ctx, c, o)
	case placement.PartitionBootstrap:
		return n.awaitLeader(ctx, o.Partition)
	case placement.UpdateRouting:
		return n.routeTo(ctx, int32(o.Count))
	}
	return nil // who belongs, priorities and factor are matters of the document alone
}

const (
	operationCall = 5 * time.Second
	catchUpPoll   = 100 * time.Millisecond
	catchUpTries  = 50 // then the coordinator looks whether the change was cancelled
)

// catchingUpError means that a replica has not got everything yet.
type catchingUpError struct{ behind uint64 }

func (e *catchingUpError) Error() string {
	return fmt.Sprintf("the replica is still catching up: %d entries are missing", e.behind)
}

// joinPartition has a node's replica added without a vote and gives it one when it has caught up.
func (n *Node) joinPartition(ctx context.Context, c *placement.Configuration, o placement.Operation) error {
	request := memberRequest{Configuration: c.Encode(), Partition: o.Partition, Server: placement.ServerID(o.Node, o.Generation)}
	var progress memberProgress
	for range catchUpTries {
		if err := n.askLeader(ctx, o.Partition, manageJoin, request, &progress); err != nil {
			return err
		}
		if progress.Voter {
			return nil
		}
		select {
		case <-time.After(catchUpPoll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return &catchingUpError{progress.Behind}
}

// leavePartition takes a replica out of the members. A leader that is to go hands leadership over first.
func (n *Node) leavePartition(ctx context.Context, c *placement.Configuration, o placement.Operation) error {
	request := memberRequest{Configuration: c.Encode(), Partition: o.Partition, Server: placement.ServerID(o.Node, o.Generation)}
	if p, ok := c.Partition(o.Partition); ok {
		for _, r := range p.Replicas {
			if r.ServerID() != request.Server {
				request.Heirs = append(request.Heirs, r.ServerID())
			}
		}
	}
	return n.askLeader(ctx, o.Partition, manageLeave, request, nil)
}

// awaitLeader waits until a partition that was started has a leader.
func (n *Node) awaitLeader(ctx context.Context, id int32) error {
	for try := 0; ; try++ {
		err := n.askLeader(ctx, id, manageMembers, memberRequest{Partition: id}, &memberProgress{})
		if err == nil || try == catchUpTries {
			return err
		}
		select {
		case <-time.After(catchUpPoll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// routeTo gives new instances to partitions up to a number; the deployments are there before.
func (n *Node) routeTo(ctx context.Context, count int32) error {
	h := n.partition(coordinatorPartition)
	if h == nil {
		return errNotCoordinator
	}
	ctx, cancel := context.WithTimeout(ctx, registerWait)
	defer cancel()
	answer, err := h.Partition.Submit(ctx, record.NewCommand(-1, record.RoutingUpdate, &record.Routing{Partitions: count}))
	if err != nil {
		return err
	}
	if answer.IsRejection() && answer.RejectionType != record.AlreadyExists {
		return errors.New(answer.RejectionReason)
	}
	for {
		waits := 0
		err := h.Partition.Query(ctx, func(m partition.Machine) {
			m.(*core.Core).Outbox(func(int32, *record.Send) bool { waits++; return true })
		})
		if err != nil || waits == 0 {
			return err
		}
		select {
		case <-time.After(catchUpPoll):
		case <-ctx.Done():
			return fmt.Errorf("the deployments have not arrived yet: %d are under way: %w", waits, ctx.Err())
		}
	}
}

// memberRequest is about one member of a partition.
type memberRequest struct {
	// Configuration is the one that asks for it: a leader that did not know it would undo what is done.
	Configuration []byte   `json:"configuration,omitempty"`
	Partition     int32    `json:"partition"`
	Server        string   `json:"server,omitempty"`
	Heirs         []string `json:"heirs,omitempty"` // who may lead after it
}

// memberProgress tells how far a member has come.
type memberProgress struct {
	Member bool   `json:"member"`
	Voter  bool   `json:"voter"`
	Behind uint64 `json:"behind"`
}

// askLeader calls the node that leads a partition.
func (n *Node) askLeader(ctx context.Context, id int32, name string, request, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, operationCall)
	defer cancel()
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	server := n.router.Leader(id)
	if server == "" {
		return fmt.Errorf("partition %d has no leader now", id)
	}
	got, err := n.ask(ctx, server, name, body)
	if err != nil || answer == nil {
		return err
	}
	return json.Unmarshal(got, answer)
}

// errNoCoordinator means that nobody coordinates the cluster now.
var errNoCoordinator = fmt.Errorf("partition %d has no leader now, which coordinates the cluster", coordinatorPartition)

// askCoordinator calls the node that coordinates the cluster.
func (n *Node) askCoordinator(ctx context.Context, name string, body []byte) ([]byte, error) {
	server := n.router.Leader(coordinatorPartition)
	if server == "" {
		return nil, errNoCoordinator
	}
	return n.ask(ctx, server, name, body)
}

// The calls between nodes.
const (
	manageStanding = "cluster.standing"
	manageRenew    = "cluster.renew"
	manageJoin     = "partition.join"
	manageLeave    = "partition.leave"
	manageMembers  = "partition.members"
)

// led is a partition that this node leads.
func (n *Node) led(id int32) (*Hosted, error) {
	h := n.partition(id)
	if h == nil || !h.Partition.Leads() {
		return nil, fmt.Errorf("this node does not lead partition %d", id)
	}
	return h, nil
}

// asked reads a request about a member of a partition that this node leads.
func (n *Node) asked(body []byte) (r memberRequest, h *Hosted, err error) {
	if err = json.Unmarshal(body, &r); err != nil {
		return r, nil, err
	}
	if len(r.Configuration) > 0 {
		c, err := placement.Decode(r.Configuration)
		if err == nil {
			err = n.adopt(c)
		}
		if err != nil {
			return r, nil, err
		}
	}
	h, err = n.led(r.Partition)
	return r, h, err
}

// join adds a member without a vote, or gives it one when it has caught up.
func (n *Node) join(_ context.Context, _ string, body []byte) ([]byte, error) {
	r, h, err := n.asked(body)
	if err != nil {
		return nil, err
	}
	id := raft.ServerID(r.Server)
	progress := memberProgress{Voter: h.Replica.Voter(id)}
	if !progress.Voter {
		if !member(h.Replica.Members(), id) {
			if err := h.Replica.AddNonvoter(id); err != nil {
				return nil, err
			}
		}
		var caughtUp bool
		if caughtUp, progress.Behind = h.Replica.CaughtUp(id); caughtUp {
			if err := h.Replica.AddVoter(id); err != nil {
				return nil, err
			}
			progress.Voter = true
		}
	}
	return json.Marshal(progress)
}

// leave removes a member; one that leads hands over first and is asked again as a follower.
func (n *Node) leave(_ context.Context, _ string, body []byte) ([]byte, error) {
	r, h, err := n.asked(body)
	if err != nil {
		return nil, err
	}
	id := raft.ServerID(r.Server)
	if !member(h.Replica.Members(), id) {
		return nil, nil
	}
	if id != n.log.ServerID() {
		return nil, h.Replica.Remove(id)
	}
	for _, heir := range r.Heirs {
		if caughtUp, _ := h.Replica.CaughtUp(raft.ServerID(heir)); caughtUp && h.Replica.Voter(raft.ServerID(heir)) {
			if err := h.Replica.TransferTo(raft.ServerID(heir)); err != nil {
				return nil, err
			}
			return nil, fmt.Errorf("leadership of partition %d goes to %s first", r.Partition, heir)
		}
	}
	return nil, fmt.Errorf("partition %d has nobody else yet who could lead it", r.Partition)
}

// members tells that the partition is led here, and whether a node is one of its members.
func (n *Node) members(_ context.Context, _ string, body []byte) ([]byte, error) {
	r, h, err := n.asked(body)
	if err != nil {
		return nil, err
	}
	id := raft.ServerID(r.Server)
	return json.Marshal(memberProgress{Member: member(h.Replica.Members(), id), Voter: h.Replica.Voter(id)})
}

func member(c raft.Configuration, id raft.ServerID) bool {
	for _, s := range c.Servers {
		if s.ID == id {
			return true
		}
	}
	return false
}

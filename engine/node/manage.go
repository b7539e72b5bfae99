package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/payhub/payhub/engine/cluster/placement"
)

// The calls of management between nodes.
const (
	manageChange = "cluster.change"
	manageCancel = "cluster.cancel"
	manageStatus = "cluster.status"
)

// Fault is what kind of refusal a refusal is.
type Fault string

// The faults of requests.
const (
	// FaultInvalid: the request is wrong, or does not fit the cluster as it is.
	FaultInvalid Fault = "invalid"
	// FaultConflict: the cluster is busy with something that excludes it.
	FaultConflict Fault = "conflict"
	// FaultUnknown: what the request is about does not exist.
	FaultUnknown Fault = "unknown"
	// FaultUnavailable: nobody who could carry it out was reached; it may be tried again.
	FaultUnavailable Fault = "unavailable"
)

// RefusedError is why a request of an operator was not taken.
type RefusedError struct {
	Fault Fault  `json:"fault"`
	Text  string `json:"text"`
}

// Error is the text.
func (e *RefusedError) Error() string { return e.Text }

func refuse(fault Fault, format string, values ...any) *RefusedError {
	return &RefusedError{fault, fmt.Sprintf(format, values...)}
}

// Planned is what a request leads to.
type Planned struct {
	// Now is the configuration before it, Next the one with the change; they are the same when there is
	// nothing to do.
	Now, Next *placement.Configuration
}

// Operations are the steps of the change.
func (p Planned) Operations() []placement.Operation {
	if p.Next.Change == nil || p.Now.Change != nil && p.Now.Change.ID == p.Next.Change.ID {
		return nil
	}
	return p.Next.Change.Operations
}

// Progress is how a change under way gets on, as the coordinator sees it.
type Progress struct {
	// Operation is the one under way, counted from 0; Change is the change's id.
	Change    int64 `json:"change"`
	Operation int   `json:"operation"`
	// Behind is how many entries of the log a joining replica lacks, as last heard.
	Behind uint64 `json:"behind"`
	// Failure is why the last try failed; "": it did not.
	Failure string `json:"failure,omitempty"`
}

// Status is the cluster's configuration with the progress of the change under way.
type Status struct {
	Configuration *placement.Configuration
	// Progress is nil without a change, and where the coordinator was not reached.
	Progress *Progress
	// Coordinator is the server id of the node that coordinates the cluster; "": it is not known, and the
	// configuration is what this node knows.
	Coordinator string
	// Seen are the server ids of the nodes that this node sees alive.
	Seen []string
}

// answer is how management's answers travel: configurations in their own encoding, refusals with
// their fault.
type answer struct {
	Now      []byte        `json:"now,omitempty"`
	Next     []byte        `json:"next,omitempty"`
	Progress *Progress     `json:"progress,omitempty"`
	Refused  *RefusedError `json:"refused,omitempty"`
}

// changeRequest asks the coordinator for a change.
type changeRequest struct {
	Wish   Wish `json:"wish"`
	DryRun bool `json:"dryRun,omitempty"`
}

const (
	// manageCall bounds a request to the coordinator.
	manageCall = 15 * time.Second
	// electionPatience is how long a request waits for a coordinator while there is none.
	electionPatience = 3 * time.Second
)

// Change asks the cluster's coordinator, wherever it is, for a change; with dryRun only for its plan.
// It returns when the change is in the coordinator's log; Status tells how it gets on. Errors:
// *RefusedError.
func (n *Node) Change(ctx context.Context, w Wish, dryRun bool) (Planned, error) {
	a, err := n.atCoordinator(ctx, manageChange, changeRequest{w, dryRun})
	if err != nil {
		return Planned{}, err
	}
	return a.planned()
}

// Cancel ends the change under way where it is; id is its number, 0 whichever it is. Errors:
// *RefusedError.
func (n *Node) Cancel(ctx context.Context, id int64) (Planned, error) {
	a, err := n.atCoordinator(ctx, manageCancel, id)
	if err != nil {
		return Planned{}, err
	}
	return a.planned()
}

// Status is the cluster's configuration and progress as the coordinator knows them, else as this
// node does. Errors: *RefusedError before the cluster is formed.
func (n *Node) Status(ctx context.Context) (Status, error) {
	s := Status{Configuration: n.configuration()}
	for _, m := range n.nodes() {
		s.Seen = append(s.Seen, m.ServerID())
	}
	if n.config.single() {
		s.Coordinator, s.Seen = string(n.log.ServerID()), []string{string(n.log.ServerID())}
		return s, nil
	}
	ctx, cancel := context.WithTimeout(ctx, formationCall)
	defer cancel()
	if a, err := n.atCoordinator(ctx, manageStatus, nil); err == nil {
		c, err := placement.Decode(a.Now)
		if err != nil {
			return s, err
		}
		s.Configuration, s.Progress, s.Coordinator = c, a.Progress, n.router.Leader(coordinatorPartition)
	}
	if s.Configuration == nil {
		return s, refuse(FaultUnavailable, "the cluster is not formed yet (see the log of node %d for what it waits for)", n.config.ID)
	}
	return s, nil
}

// atCoordinator makes a call of management at the coordinator.
func (n *Node) atCoordinator(ctx context.Context, name string, request any) (a answer, err error) {
	if n.config.single() {
		return a, refuse(FaultInvalid, "this node is a cluster of its own that no other can join (start it with engine.clusterSize "+
			"above 1 or with engine.initialContactPoints)")
	}
	ctx, cancel := context.WithTimeout(ctx, manageCall)
	defer cancel()
	body, err := json.Marshal(request)
	if err != nil {
		return a, err
	}
	for end := time.Now().Add(electionPatience); ; {
		var got []byte
		if got, err = n.askCoordinator(ctx, name, body); err == nil {
			a = answer{}
			err = json.Unmarshal(got, &a)
		}
		surelyNot := errors.Is(err, errNoCoordinator) || a.Refused != nil && a.Refused.Fault == FaultUnavailable
		if !surelyNot || time.Now().After(end) || ctx.Err() != nil {
			break
		}
		time.Sleep(formationPoll)
	}
	if err != nil {
		return a, refuse(FaultUnavailable, "the cluster's coordinator was not reached: %v (try again; if partition 1 has lost its "+
			"majority for good: payhub cluster recover)", err)
	}
	if a.Refused != nil {
		return a, a.Refused
	}
	return a, nil
}

// planned reads the configurations of an answer.
func (a answer) planned() (p Planned, err error) {
	if p.Now, err = placement.Decode(a.Now); err == nil {
		p.Next, err = placement.Decode(a.Next)
	}
	return p, err
}

// plan answers a request for a change.
func (k *coordinator) plan(ctx context.Context, _ string, body []byte) ([]byte, error) {
	var r changeRequest
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, err
	}
	return k.alter(ctx, r.DryRun, func(now *placement.Configuration) (*placement.Configuration, error) {
		wish, err := k.n.wish(now, r.Wish)
		if err != nil {
			return nil, err
		}
		next, err := placement.Plan(now, wish, time.Now().UnixMilli())
		switch {
		case errors.Is(err, placement.ErrChangeRunning):
			return nil, refuse(FaultConflict, "%v (change %d; payhub cluster status, payhub cluster cancel)", err, now.Change.ID)
		case err != nil:
			return nil, refuse(FaultInvalid, "%v", err)
		}
		return next, nil
	})
}

// cancel answers a request to end the change under way.
func (k *coordinator) cancel(ctx context.Context, _ string, body []byte) ([]byte, error) {
	var id int64
	if err := json.Unmarshal(body, &id); err != nil {
		return nil, err
	}
	return k.alter(ctx, false, func(now *placement.Configuration) (*placement.Configuration, error) {
		if now.Change == nil || id != 0 && now.Change.ID != id {
			return nil, refuse(FaultUnknown, "change %d is not under way", id)
		}
		return now.Cancel(time.Now().UnixMilli())
	})
}

// errDryRun keeps a plan from being written.
var errDryRun = errors.New("only the plan was asked for")

// alter writes a new configuration, unless it is a dry run, and answers with what was and what is.
func (k *coordinator) alter(ctx context.Context, dryRun bool, make func(*placement.Configuration) (*placement.Configuration, error)) ([]byte, error) {
	var a answer
	_, err := k.change(ctx, func(now *placement.Configuration) (*placement.Configuration, error) {
		next, err := make(now)
		if err != nil {
			return nil, err
		}
		a.Now, a.Next = now.Encode(), next.Encode()
		if dryRun {
			return nil, errDryRun
		}
		return next, nil
	})
	if err != nil && !errors.Is(err, errDryRun) {
		a = answer{}
		if errors.Is(err, errNotCoordinator) {
			err = refuse(FaultUnavailable, "%v", err)
		}
		if !errors.As(err, &a.Refused) {
			return nil, err
		}
	}
	return json.Marshal(a)
}

// status answers how things are.
func (k *coordinator) status(context.Context, string, []byte) ([]byte, error) {
	c := k.n.configuration()
	a := answer{Now: c.Encode()}
	if p := k.progress.Load(); p != nil && c.Change != nil && p.Change == c.Change.ID && p.Operation == c.Change.Done {
		a.Progress = p
	} else if c.Change != nil {
		a.Progress = &Progress{Change: c.Change.ID, Operation: c.Change.Done}
	}
	return json.Marshal(a)
}

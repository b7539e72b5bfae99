package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/payhub/payhub/engine/cluster/placement"
	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

// coordinatorPartition is the partition whose leader coordinates changes of the cluster.
const coordinatorPartition = 1

const (
	operationRetry = 500 * time.Millisecond // between two tries of an operation
	registerWait   = 10 * time.Second       // for the log of partition 1
)

// coordinator keeps the cluster's configuration in the log of partition 1 and carries out changes,
// while this node leads that partition.
type coordinator struct {
	n     *Node
	awake chan struct{}

	terms atomic.Int64 // counts changes of leadership; odd while this node leads

	mu      sync.Mutex // one change of the register at a time
	version int64      // of the register
	office  int64      // the term in which the register was read, as counted by terms

	progress atomic.Pointer[Progress] // of the operation under way
}

func newCoordinator(n *Node) *coordinator {
	return &coordinator{n: n, awake: make(chan struct{}, 1)}
}

func (k *coordinator) wake() { wake(k.awake) }

// lead is told of the leadership of partition 1; it returns at once.
func (k *coordinator) lead(leads bool) {
	term := k.terms.Load() + 1
	if leads != odd(term) {
		term++
	}
	k.terms.Store(term)
	k.wake()
}

func odd(n int64) bool { return n%2 == 1 }

// run carries out what is to be done until the node closes.
func (k *coordinator) run() {
	defer k.n.tasks.Done()
	for {
		select {
		case <-k.n.ctx.Done():
			return
		case <-k.awake:
		}
		for k.n.ctx.Err() == nil {
			again, err := k.turn()
			if catching := (*catchingUpError)(nil); errors.As(err, &catching) {
				k.n.config.Logger.Info("the cluster changes", "state", err)
			} else if err != nil {
				k.n.config.Logger.Warn("the cluster's coordinator does not get on; this is tried again", "error", err)
			}
			if !again {
				break
			}
			if err != nil {
				select {
				case <-time.After(operationRetry):
				case <-k.n.ctx.Done():
				}
			}
		}
	}
}

// turn does one step: reads the register after an election, or carries out the operation under way.
func (k *coordinator) turn() (again bool, err error) {
	ctx, cancel := context.WithTimeout(k.n.ctx, registerWait)
	defer cancel()
	if office, err := k.takeOffice(ctx); err != nil || !office {
		return err != nil, err
	}
	c := k.n.configuration()
	operation, ok := c.Current()
	if !ok {
		return false, nil
	}
	done := c.Change.Done
	if err := k.n.carryOut(k.n.ctx, c, operation); err != nil {
		k.noteProgress(c.Change, err)
		return true, fmt.Errorf("operation %d of %d, %s: %w", done+1, len(c.Change.Operations), operation.Kind, err)
	}
	ctx, cancel = context.WithTimeout(k.n.ctx, registerWait) // the operation may have taken longer
	defer cancel()
	_, err = k.change(ctx, func(now *placement.Configuration) (*placement.Configuration, error) {
		if now.Change == nil || now.Change.ID != c.Change.ID {
			return now, nil // cancelled meanwhile
		}
		return now.Complete(done, time.Now().UnixMilli())
	})
	if err == nil {
		k.n.config.Logger.Info("operation done", "change", c.Change.ID, "operation", done+1, "of", len(c.Change.Operations),
			"kind", operation.Kind, "node", operation.Node, "partition", operation.Partition)
	}
	return true, err
}

// noteProgress keeps how the operation under way gets on, for those who ask.
func (k *coordinator) noteProgress(c *placement.Change, err error) {
	p := &Progress{Change: c.ID, Operation: c.Done}
	if behind := (*catchingUpError)(nil); errors.As(err, &behind) {
		p.Behind = behind.behind
	} else {
		p.Failure = err.Error()
	}
	k.progress.Store(p)
}

// takeOffice reads the register once per term; office is false while another node leads.
func (k *coordinator) takeOffice(ctx context.Context) (office bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	term := k.terms.Load()
	if !odd(term) || k.office == term {
		return odd(term), nil
	}
	h := k.n.partition(coordinatorPartition)
	if h == nil {
		return false, nil
	}
	var document []byte
	err = h.Partition.Query(ctx, func(m partition.Machine) {
		k.version, document = m.(*core.Core).Configuration()
	})
	if errors.Is(err, partition.ErrNotLeader) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	own := k.n.configuration()
	if document != nil {
		kept, err := placement.Decode(document)
		if err != nil {
			return false, err
		}
		if own.Version <= kept.Version {
			k.office = term
			return true, k.n.adopt(kept)
		}
	}
	// The formation's version, or one that an operator made when the register had no majority.
	if err := k.write(ctx, own); err != nil {
		return false, err
	}
	k.office = term
	return true, nil
}

// write replaces the register's document; k.mu is held.
func (k *coordinator) write(ctx context.Context, next *placement.Configuration) error {
	h := k.n.partition(coordinatorPartition)
	if h == nil {
		return errNotCoordinator
	}
	answer, err := h.Partition.Submit(ctx, record.NewCommand(-1, record.ClusterConfigurationUpdate,
		&record.ClusterConfiguration{Version: k.version + 1, Document: next.Encode()}))
	switch {
	case err != nil:
		k.office = 0 // it may have been written: the register is read again
		return err
	case answer.IsRejection():
		k.office = 0
		return errors.New(answer.RejectionReason)
	}
	k.version++
	return nil
}

// errNotCoordinator means that another node coordinates the cluster now.
var errNotCoordinator = errors.New("this node does not lead partition 1, whose leader coordinates the cluster")

// change writes what a function makes of the newest configuration. It returns the new one, or the
// old one when that is what the function gave.
func (k *coordinator) change(ctx context.Context, make func(*placement.Configuration) (*placement.Configuration, error)) (*placement.Configuration, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if term := k.terms.Load(); !odd(term) || k.office != term {
		k.wake()
		return nil, errNotCoordinator
	}
	now := k.n.configuration()
	next, err := make(now)
	if err != nil || next == now {
		return next, err
	}
	if err := k.write(ctx, next); err != nil {
		k.wake()
		return nil, err
	}
	return next, k.n.adopt(next)
}

// renewal says that a node has come back with an empty disk.
type renewal struct {
	Node       int32  `json:"node"`
	Generation string `json:"generation"`
}

// renew plans to take a node's new disk in.
func (k *coordinator) renew(ctx context.Context, _ string, body []byte) ([]byte, error) {
	var r renewal
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, err
	}
	_, err := k.change(ctx, func(now *placement.Configuration) (*placement.Configuration, error) {
		return placement.Plan(now, placement.Renew{Node: r.Node, Generation: r.Generation}, time.Now().UnixMilli())
	})
	if err == nil {
		k.n.config.Logger.Warn("a node has come back with an empty disk; it gets a vote when it has caught up", "node", r.Node, "generation", r.Generation)
	}
	return nil, err
}

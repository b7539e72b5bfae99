package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

// Submit hands a command to a partition's leader and waits until it is in the log. The answer is
// the event the command led to, or a rejection. An error means that there is no answer: one of
// the Err values or the context's error. A cancelled context ends the waiting only, not the
// command.
//
// While nobody leads, it waits for a new leader as long as Config.Patience and the context allow;
// a command is sent again only where it surely was not accepted. Overload is answered at once.
func (r *Router) Submit(ctx context.Context, id int32, command record.Record) (answer record.Record, err error) {
	changed := r.table.changed()
	if answer, err = r.SubmitNow(ctx, id, command); !errors.Is(err, ErrUnavailable) {
		return answer, err
	}
	err = r.insist(ctx, changed, err, func() (err error) {
		answer, err = r.SubmitNow(ctx, id, command)
		return err
	})
	return answer, err
}

// SubmitNow is Submit without waiting for a leader: ErrUnavailable if there is none at once.
func (r *Router) SubmitNow(ctx context.Context, id int32, command record.Record) (record.Record, error) {
	v := r.view.Load()
	if local := v.locals[id]; local != nil && local.Leads() {
		answer, err := local.Submit(ctx, command)
		return answer, meaning(&command, err)
	}
	l, err := r.leaderLane(v, id)
	if err != nil {
		return record.Record{}, err
	}
	return l.submit(ctx, id, command)
}

// leaderLane is the way to the other node that leads a partition.
func (r *Router) leaderLane(v *view, id int32) (*lane, error) {
	leader := r.table.leader(id)
	if leader.server == "" && !v.has(id) {
		return nil, unknownPartition(v, id)
	}
	switch leader.server {
	case "", r.config.ServerID:
		return nil, fmt.Errorf("%w: partition %d has no leader now (last term known to node %s: %d)",
			ErrUnavailable, id, r.config.ServerID, leader.term)
	default:
		return r.roster.lane(leader.server)
	}
}

// lead is a partition of this node that this node leads.
func (r *Router) lead(id int32) (Local, error) {
	v := r.view.Load()
	switch local := v.locals[id]; {
	case local != nil && local.Leads():
		return local, nil
	case !v.has(id):
		return nil, unknownPartition(v, id)
	default:
		return nil, fmt.Errorf("%w: partition %d is not led by node %s: %w", ErrUnavailable, id, r.config.ServerID, partition.ErrNotLeader)
	}
}

const (
	// firstTry and lastTry are how long a command waits before it is tried again although no
	// other leader was announced.
	firstTry = time.Millisecond
	lastTry  = 32 * time.Millisecond
)

// insist tries again what was surely not accepted, at once when the news of a leader come, until
// the patience or the context ends. changed was taken before the try that failed with err.
func (r *Router) insist(ctx context.Context, changed <-chan struct{}, err error, try func() error) error {
	if errors.Is(err, partition.ErrStopped) && len(r.config.Peers()) == 0 {
		return err // nobody else is there to take over
	}
	patience := time.NewTimer(r.config.Patience)
	defer patience.Stop()
	for rest := firstTry; ; rest = min(2*rest, lastTry) {
		again := time.NewTimer(rest)
		select {
		case <-changed:
		case <-again.C:
		case <-patience.C:
			again.Stop()
			return fmt.Errorf("%w (waited %v for a leader)", err, r.config.Patience)
		case <-ctx.Done():
			again.Stop()
			return fmt.Errorf("%w (the caller did not wait any longer: %w)", err, ctx.Err())
		case <-r.ctx.Done():
			again.Stop()
			return fmt.Errorf("%w: %w", ErrUnavailable, errClosed)
		}
		again.Stop()
		changed = r.table.changed()
		if err = try(); !errors.Is(err, ErrUnavailable) {
			return err
		}
	}
}

// maxPosting is how many posted commands may wait for a leader at once; more are dropped.
const maxPosting = 4096

// Post hands a command to a partition without waiting: what nobody needs an answer to, and what
// may get lost with a leader, since something else makes up for it later. While nobody leads it
// waits for a leader like Submit.
func (r *Router) Post(id int32, command record.Record) {
	v := r.view.Load()
	if local := v.locals[id]; local != nil && local.Leads() {
		local.Post(command)
		return
	}
	if l, err := r.leaderLane(v, id); err == nil && l.say(itemPost, func(c *record.Codec) {
		c.Int32(&id)
		codeRecord(c, &command)
	}) {
		return
	}
	r.postLater(id, command)
}

// postLater waits for a leader in the background.
func (r *Router) postLater(id int32, command record.Record) {
	if r.posting.Add(1) <= maxPosting && r.spawn(func() {
		defer r.posting.Add(-1)
		_, _ = r.Submit(r.ctx, id, command) // lost if nobody leads for long; something else makes up for it
	}) {
		return
	}
	r.posting.Add(-1)
}

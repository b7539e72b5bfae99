package node

import (
	"context"
	"time"

	"github.com/payhub/payhub/engine/backup"
)

const (
	periodLook = time.Minute // how often it is looked whether a periodic backup is due, at the longest
	periodCall = 5 * time.Minute
)

// run makes periodic backups and removes old ones while this node leads partition 1.
func (b *Backups) run() {
	defer b.n.tasks.Done()
	tick := time.NewTicker(min(b.config.Interval, periodLook))
	defer tick.Stop()
	for {
		select {
		case <-b.end.Done():
			return
		case <-tick.C:
		}
		h := b.n.partition(coordinatorPartition)
		if h == nil || !h.Partition.Leads() {
			continue
		}
		ctx, cancel := context.WithTimeout(b.end, periodCall)
		if err := b.turn(ctx, time.Now()); err != nil && b.end.Err() == nil {
			b.n.config.Logger.Error("no periodic backup is made; this is tried again", "error", err)
		}
		cancel()
	}
}

// turn begins a periodic backup when the last one, by whomever, is old enough, and removes those that are too
// old. A periodic backup has the time as its number, in ms since the epoch.
func (b *Backups) turn(ctx context.Context, now time.Time) error {
	ids, err := backup.IDs(ctx, b.config.Store)
	if err != nil {
		return unreadable(b.config.Store, err)
	}
	last, err := b.last(ctx, ids)
	if err != nil {
		return err
	}
	if now.Sub(last) >= b.config.Interval {
		if err := b.create(ctx, requested{ID: now.UnixMilli(), Periodic: true}); err != nil {
			return err
		}
	}
	return b.expire(ctx, now, ids)
}

// last is when the newest backup was begun, by whomever; one that came to nothing counts for none.
func (b *Backups) last(ctx context.Context, ids []int64) (time.Time, error) {
	all := b.everywhere(ctx)
	for i := len(ids) - 1; i >= 0; i-- {
		s, err := b.status(ctx, ids[i], all)
		if err != nil {
			return time.Time{}, err
		}
		if s.State != backup.Completed && s.State != backup.InProgress {
			continue
		}
		c, err := backup.ReadCluster(ctx, b.config.Store, ids[i])
		if err != nil {
			return time.Time{}, unreadable(b.config.Store, err)
		}
		return time.UnixMilli(c.Created), nil
	}
	return time.Time{}, nil
}

// expire removes periodic backups that are older than the retention, but for the newest one that is complete.
func (b *Backups) expire(ctx context.Context, now time.Time, ids []int64) error {
	if b.config.Retention <= 0 {
		return nil
	}
	complete := false // a newer one is
	for i := len(ids) - 1; i >= 0; i-- {
		c, err := backup.ReadCluster(ctx, b.config.Store, ids[i])
		if err != nil {
			continue // not ours to remove
		}
		s, err := b.status(ctx, ids[i], b.everywhere(ctx))
		if err != nil {
			return err
		}
		old := now.Sub(time.UnixMilli(c.Created)) > b.config.Retention
		if complete && old && c.Periodic && s.State != backup.InProgress {
			if err := backup.Delete(ctx, b.config.Store, ids[i]); err != nil {
				return unreadable(b.config.Store, err)
			}
			b.n.config.Logger.Info("an old backup is removed", "backup", ids[i])
		}
		complete = complete || s.State == backup.Completed
	}
	return nil
}

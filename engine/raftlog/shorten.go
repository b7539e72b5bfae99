package raftlog

import (
	"errors"
	"time"

	"github.com/hashicorp/raft"
)

// considerShortening asks for a snapshot when the log has grown enough.
func (r *Replica) considerShortening() {
	if r.machine.bytes.Load() < r.config.SnapshotBytes {
		return
	}
	r.askToShorten()
}

// askToShorten asks for a snapshot without waiting for it.
func (r *Replica) askToShorten() {
	select {
	case r.shorten <- struct{}{}:
	default:
	}
}

// shortenLog takes snapshots in time and by size.
func (r *Replica) shortenLog() {
	defer r.running.Done()
	tick := time.NewTicker(r.config.SnapshotInterval)
	defer tick.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-tick.C:
		case <-r.shorten:
		}
		if err := r.Snapshot(); err != nil && r.Err() == nil && !r.closed.Load() {
			r.node.opts.Logger.Warn("the log could not be shortened; it is tried again", "partition", r.config.Partition, "error", err)
		}
	}
}

// Snapshot makes the state safe on disk and lets raft forget the log before it. What exporters
// still need stays readable.
func (r *Replica) Snapshot() error {
	err := r.current().Snapshot().Error()
	if errors.Is(err, raft.ErrNothingNewToSnapshot) {
		return nil
	}
	return err
}

// SetExportLimit says up to which index all exporters have what they need; the log is kept behind
// it. math.MaxUint64 means that nobody exports. It never goes back. Until it is called, nothing is
// removed from the disk.
func (r *Replica) SetExportLimit(index uint64) error { return r.view.Keep(index) }

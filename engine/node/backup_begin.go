package node

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/payhub/payhub/engine/backup"
	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

const (
	// checkpointWait is how long partitions may take to take the checkpoint, an election included.
	checkpointWait = 30 * time.Second
	checkpointPoll = 50 * time.Millisecond
	failureWait    = 5 * time.Second // for the store, to note a failure
)

// begin begins a backup at the coordinator: what it is of goes into the store, the checkpoint is
// created at partition 1, then at all others at once; mail between them carries it too.
func (b *Backups) begin(ctx context.Context, r requested) error {
	b.beginning.Lock()
	defer b.beginning.Unlock()
	h, err := b.n.led(coordinatorPartition)
	if err != nil {
		return backup.Refuse(backup.Unavailable, "%v (try again)", err)
	}
	c := b.n.configuration()
	if int(c.RoutedPartitions) != len(c.Partitions) {
		return backup.Refuse(backup.Conflict, "partitions are being added: a backup can be made when that has ended")
	}
	if err := b.mayHave(ctx, h, r.ID); err != nil {
		return err
	}
	description := backup.Cluster{
		ID: r.ID, Attempt: rand.Text(), Created: time.Now().UnixMilli(), Periodic: r.Periodic,
		ClusterID: c.ClusterID, Version: b.n.config.Version, Partitions: int32(len(c.Partitions)), MessagePartitions: c.MessagePartitions,
		ConfigurationVersion: c.Version, Configuration: c.Encode(),
	}
	if err := backup.Begin(ctx, b.config.Store, description); err != nil {
		return unreadable(b.config.Store, err)
	}
	b.setBegun(r.ID, true)
	if err := b.checkpoint(ctx, coordinatorPartition, r.ID); err != nil {
		b.setBegun(r.ID, false)
		return backup.Refuse(backup.Unavailable, "partition %d did not take the checkpoint: %v", coordinatorPartition, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.spawn(func() { b.tell(description) }) {
		return backup.Refuse(backup.Unavailable, "the node is ending")
	}
	return nil
}

// mayHave refuses a number that is not above all before.
func (b *Backups) mayHave(ctx context.Context, h *Hosted, id int64) error {
	ids, err := backup.IDs(ctx, b.config.Store)
	if err != nil {
		return unreadable(b.config.Store, err)
	}
	if len(ids) > 0 && ids[len(ids)-1] >= id {
		return backup.Refuse(backup.Conflict, "backup %d exists in %s: the number of a new one must be higher than %d", ids[len(ids)-1], b.config.Store, ids[len(ids)-1])
	}
	newest := int64(0)
	err = h.Partition.Query(ctx, func(m partition.Machine) { newest = m.(*core.Core).Checkpoint() })
	switch {
	case err != nil:
		return backup.Refuse(backup.Unavailable, "partition %d: %v (try again)", h.ID, err)
	case newest >= id:
		return backup.Refuse(backup.Conflict, "there was a backup %d already: the number of a new one must be higher", newest)
	}
	return nil
}

func (b *Backups) setBegun(id int64, begun bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if begun {
		b.begun[id] = true
	} else {
		delete(b.begun, id)
	}
}

// checkpoint has a partition take a checkpoint, unless mail had it taken before.
func (b *Backups) checkpoint(ctx context.Context, partition int32, id int64) error {
	for {
		answer, err := b.n.router.Submit(ctx, partition, record.NewCommand(-1, record.CheckpointCreate, &record.Checkpoint{Number: id}))
		switch {
		case err == nil && !answer.IsRejection(), err == nil && answer.RejectionType == record.AlreadyExists:
			return nil
		case err == nil:
			err = fmt.Errorf("%s", answer.RejectionReason)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(checkpointPoll):
		}
	}
}

// tell has all partitions take the checkpoint, and sees to it that each of them is copied or noted as
// failed: when nobody copies a partition by now, whoever led it has not come to it.
func (b *Backups) tell(c backup.Cluster) {
	defer b.setBegun(c.ID, false)
	ctx, cancel := context.WithTimeout(b.end, checkpointWait)
	defer cancel()
	missing := map[int32]string{}
	for p := int32(1); p <= c.Partitions; p++ {
		missing[p] = "its leader changed when it was to take the checkpoint"
	}
	told := make(chan struct{})
	b.tasks.Go(func() {
		defer close(told)
		b.tellAll(ctx, c)
	})
	for len(missing) > 0 && ctx.Err() == nil {
		b.strike(ctx, c, missing)
		select {
		case <-ctx.Done():
		case <-time.After(checkpointPoll):
		}
	}
	cancel()
	<-told
	if b.end.Err() != nil {
		return // whoever asks finds partitions that nobody works on
	}
	for p, reason := range missing {
		b.fail(c.ID, p, reason)
	}
}

// tellAll creates the checkpoint at all partitions but the first at once.
func (b *Backups) tellAll(ctx context.Context, c backup.Cluster) {
	errs := make(chan error, c.Partitions)
	for p := int32(2); p <= c.Partitions; p++ {
		b.tasks.Go(func() {
			err := b.checkpoint(ctx, p, c.ID)
			if err != nil {
				err = fmt.Errorf("partition %d: %w", p, err)
			}
			errs <- err
		})
	}
	for p := int32(2); p <= c.Partitions; p++ {
		if err := <-errs; err != nil && b.end.Err() == nil {
			b.n.config.Logger.Warn("a partition does not take its checkpoint", "backup", c.ID, "error", err)
		}
	}
}

// strike removes the partitions that are copied, or that have ended.
func (b *Backups) strike(ctx context.Context, c backup.Cluster, missing map[int32]string) {
	w := on(c.ID, b.everywhere(ctx))
	w.Beginning = false
	status, err := backup.ReadStatus(ctx, b.config.Store, c.ID, w)
	if err != nil {
		return
	}
	for _, p := range status.Details {
		if p.State != backup.Incomplete {
			delete(missing, p.Partition)
		}
	}
}

// fail notes in the store why a partition will be missing.
func (b *Backups) fail(id int64, partition int32, reason string) {
	b.n.config.Logger.Error("the backup has failed", "backup", id, "partition", partition, "reason", reason)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.end), failureWait)
	defer cancel()
	f := backup.Failure{Reason: reason, Node: b.n.config.ID, At: time.Now().UnixMilli()}
	if err := backup.Fail(ctx, b.config.Store, id, partition, f); err != nil {
		b.n.config.Logger.Error("that the backup has failed cannot be noted; it stays incomplete", "backup", id, "partition", partition, "error", err)
	}
}

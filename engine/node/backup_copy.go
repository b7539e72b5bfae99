package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/payhub/payhub/engine/backup"
	"github.com/payhub/payhub/engine/raftlog"
	"github.com/payhub/payhub/engine/state"
)

// copiesName is the folder of copies that are on their way into the store.
const copiesName = "backups"

func (b *Backups) folder() string { return filepath.Join(b.n.config.Data, copiesName) }

// clean removes copies that an earlier process left.
func (b *Backups) clean() error { return os.RemoveAll(b.folder()) }

// taken is called when the partition has decided to take a checkpoint, before its next decision: it makes a
// copy out of hard links, which goes into the store beside everything else.
func (b *Backups) taken(h *Hosted, id int64) error {
	if b.config.Store == nil {
		return errors.New("backups are not configured on this node (set backup.store on all nodes)")
	}
	c := copying{id, h.ID}
	b.set(c, true)
	dir := filepath.Join(b.folder(), fmt.Sprintf("%d-%d", id, h.ID))
	m := backup.Manifest{
		ID: id, Partition: h.ID, Node: b.n.config.ID, Version: b.n.config.Version, DataFormat: raftlog.DataFormat(),
		Position: position(h), Created: time.Now().UnixMilli(),
	}
	var err error
	if m.Index, err = h.Replica.Checkpoint(dir); err == nil {
		hash, _ := h.Replica.HashAt(m.Index)
		m.Hash = fmt.Sprintf("%x", hash)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.spawn(func() { b.deliver(c, m, dir, err) }) {
		delete(b.copies, c)
		return errors.Join(err, errors.New("the node is ending"))
	}
	return err
}

// position is the last record that the partition has written.
func position(h *Hosted) int64 {
	lock := h.Replica.Store().RLocker()
	lock.Lock()
	defer lock.Unlock()
	return state.NewView(h.Replica.Store(), state.NewDefinitions()).Meta().NextPosition - 1
}

func (b *Backups) set(c copying, working bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if working {
		b.copies[c] = true
	} else {
		delete(b.copies, c)
	}
}

// deliver brings a copy into the store, or notes why it is not there.
func (b *Backups) deliver(c copying, m backup.Manifest, dir string, err error) {
	defer b.set(c, false)
	defer os.RemoveAll(dir)
	if err == nil {
		err = b.upload(m, dir)
	}
	if err != nil {
		b.fail(c.ID, c.Partition, err.Error())
		return
	}
	b.n.config.Logger.Info("the partition is in the backup", "backup", c.ID, "partition", c.Partition, "position", m.Position,
		"took", time.Duration(time.Now().UnixMilli()-m.Created)*time.Millisecond)
}

// upload copies the files of a partition into the store.
func (b *Backups) upload(m backup.Manifest, dir string) error {
	c, err := backup.ReadCluster(b.end, b.config.Store, m.ID)
	if err != nil {
		return fmt.Errorf("read what backup %d is of: %w", m.ID, err)
	}
	if c.ClusterID != b.n.config.Cluster.ID {
		return fmt.Errorf("backup %d in %s is of the cluster %q", m.ID, b.config.Store, c.ClusterID)
	}
	m.Attempt = c.Attempt
	return backup.Upload(b.end, b.config.Store, m, dir, func() int64 { return time.Now().UnixMilli() })
}

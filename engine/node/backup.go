package node

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/payhub/payhub/engine/backup"
)

// The calls between nodes about backups.
const (
	backupCreate  = "backup.create"
	backupWorking = "backup.working"
)

// BackupConfig says where backups go and which are made without being asked for.
type BackupConfig struct {
	// Store is where they go; nil: there are none.
	Store backup.Store
	// Interval is the time between two periodic backups; 0: none are made.
	Interval time.Duration
	// Retention is how long periodic backups are kept; the newest that is complete stays. 0: for ever.
	Retention time.Duration
}

// Backups takes backups of the cluster, and knows those in the store. All methods may be called from
// many goroutines at once; any node will do.
type Backups struct {
	n        *Node
	config   BackupConfig
	restored *backup.Note // what the data folder was restored from, nil if it was not

	beginning sync.Mutex // one backup is begun at a time

	mu     sync.Mutex
	begun  map[int64]bool   // backups whose partitions are being told here
	copies map[copying]bool // that are made here now
	tasks  sync.WaitGroup   // copies, and what tells partitions
	end    context.Context  // ends with the node
	closed bool
}

// copying names the copy of a partition.
type copying struct {
	ID        int64 `json:"backupId"`
	Partition int32 `json:"partitionId"`
}

// working is what a node does for backups now.
type working struct {
	Node   int32     `json:"nodeId"`
	Begun  []int64   `json:"begun"`
	Copies []copying `json:"copies"`
}

// requested asks the coordinator for a backup.
type requested struct {
	ID       int64 `json:"backupId"`
	Periodic bool  `json:"periodic,omitempty"`
}

func newBackups(n *Node) *Backups {
	return &Backups{n: n, config: n.config.Backups, begun: map[int64]bool{}, copies: map[copying]bool{}, end: n.ctx}
}

// Backups takes backups of the cluster.
func (n *Node) Backups() *Backups { return n.backups }

// configured is an error where backups have no store.
func (b *Backups) configured() error {
	if b.config.Store == nil {
		return backup.Refuse(backup.Invalid, "backups are not configured (set backup.store on all nodes)")
	}
	return nil
}

// Create begins backup id of all partitions. It returns when the backup is begun; Status tells how it
// gets on. Errors: *backup.RefusedError.
func (b *Backups) Create(ctx context.Context, id int64) error {
	return b.create(ctx, requested{ID: id})
}

func (b *Backups) create(ctx context.Context, r requested) error {
	if err := b.configured(); err != nil {
		return err
	}
	if r.ID < 1 {
		return backup.Refuse(backup.Invalid, "the backup's id %d must be a number from 1", r.ID)
	}
	if b.n.config.single() {
		return b.begin(ctx, r)
	}
	ctx, cancel := context.WithTimeout(ctx, manageCall)
	defer cancel()
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var refused *backup.RefusedError
	if body, err = b.n.askCoordinator(ctx, backupCreate, body); err == nil {
		err = json.Unmarshal(body, &refused)
	}
	switch {
	case err != nil:
		return backup.Refuse(backup.Unavailable, "the cluster's coordinator was not reached: %v (see whether the backup exists, then try again)", err)
	case refused != nil:
		return refused
	}
	return nil
}

// answerCreate begins a backup for another node; the answer is null, or the refusal.
func (b *Backups) answerCreate(ctx context.Context, _ string, body []byte) ([]byte, error) {
	var r requested
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, err
	}
	err := b.configured()
	if err == nil {
		err = b.begin(ctx, r)
	}
	var refused *backup.RefusedError
	if err != nil && !errors.As(err, &refused) {
		return nil, err
	}
	return json.Marshal(refused)
}

// answerWorking tells what this node does.
func (b *Backups) answerWorking(context.Context, string, []byte) ([]byte, error) {
	return json.Marshal(b.here())
}

func (b *Backups) here() working {
	w := working{Node: b.n.config.ID}
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range b.begun {
		w.Begun = append(w.Begun, id)
	}
	for c := range b.copies {
		w.Copies = append(w.Copies, c)
	}
	return w
}

// workingCall bounds the question what a node does: one that does not answer does nothing.
const workingCall = 2 * time.Second

// everywhere asks all nodes what they do.
func (b *Backups) everywhere(ctx context.Context) []working {
	all := []working{b.here()}
	var mu sync.Mutex
	var group sync.WaitGroup
	ctx, cancel := context.WithTimeout(ctx, workingCall)
	defer cancel()
	for _, m := range b.n.nodes() {
		if m.Node == b.n.config.ID {
			continue
		}
		group.Go(func() {
			var w working
			answer, err := b.n.ask(ctx, m.ServerID(), backupWorking, nil)
			if err == nil && json.Unmarshal(answer, &w) == nil {
				mu.Lock()
				defer mu.Unlock()
				all = append(all, w)
			}
		})
	}
	group.Wait()
	return all
}

// on is what nodes do for one backup.
func on(id int64, all []working) backup.Working {
	w := backup.Working{Partitions: map[int32]int32{}}
	for _, node := range all {
		w.Beginning = w.Beginning || slices.Contains(node.Begun, id)
		for _, c := range node.Copies {
			if c.ID == id {
				w.Partitions[c.Partition] = node.Node
			}
		}
	}
	return w
}

// Status tells how a backup stands. Errors: *backup.RefusedError, Unknown where there is none.
func (b *Backups) Status(ctx context.Context, id int64) (backup.Status, error) {
	if err := b.configured(); err != nil {
		return backup.Status{}, err
	}
	s, err := b.status(ctx, id, b.everywhere(ctx))
	if err == nil && s.State == backup.DoesNotExist {
		err = backup.Refuse(backup.Unknown, "backup %d does not exist in %s", id, b.config.Store)
	}
	return s, err
}

func (b *Backups) status(ctx context.Context, id int64, all []working) (backup.Status, error) {
	s, err := backup.ReadStatus(ctx, b.config.Store, id, on(id, all))
	if err != nil {
		err = unreadable(b.config.Store, err)
	}
	return s, err
}

func unreadable(s backup.Store, err error) error {
	return backup.Refuse(backup.Unavailable, "the backups in %s cannot be read or written: %v", s, err)
}

// List tells how all backups stand, by their numbers. Errors: *backup.RefusedError.
func (b *Backups) List(ctx context.Context) ([]backup.Status, error) {
	if err := b.configured(); err != nil {
		return nil, err
	}
	all := b.everywhere(ctx) // before the store is read: what is not at work then is in the store
	ids, err := backup.IDs(ctx, b.config.Store)
	if err != nil {
		return nil, unreadable(b.config.Store, err)
	}
	list := []backup.Status{}
	for _, id := range ids {
		s, err := b.status(ctx, id, all)
		if err != nil {
			return nil, err
		}
		if s.State != backup.DoesNotExist { // deleted meanwhile
			list = append(list, s)
		}
	}
	return list, nil
}

// Delete removes a backup. Errors: *backup.RefusedError, Conflict while it is being made.
func (b *Backups) Delete(ctx context.Context, id int64) error {
	s, err := b.Status(ctx, id)
	if err != nil {
		return err
	}
	if s.State == backup.InProgress {
		return backup.Refuse(backup.Conflict, "backup %d is being made: it can be deleted when it has ended", id)
	}
	err = backup.Delete(ctx, b.config.Store, id)
	if errors.Is(err, backup.ErrNotFound) {
		return backup.Refuse(backup.Unknown, "backup %d does not exist in %s", id, b.config.Store)
	}
	if err != nil {
		return unreadable(b.config.Store, err)
	}
	return nil
}

// close waits for what is under way; nothing begins after it.
func (b *Backups) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.tasks.Wait()
}

// spawn runs a task unless the node has ended. b.mu is held.
func (b *Backups) spawn(task func()) bool {
	if !b.closed {
		b.tasks.Go(task)
	}
	return !b.closed
}

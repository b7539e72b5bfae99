package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/backup"
	"github.com/payhub/payhub/engine/record"
)

// alone starts a node that is a cluster of its own.
func alone(t *testing.T, data string, partitions int, store backup.Store) *Node {
	t.Helper()
	w := &world{t: t}
	n, err := Open(t.Context(), Config{
		Data: data, Version: "test", Cluster: Cluster{ID: "test", Size: 1, Partitions: partitions, Factor: 1}, MinFree: 1 << 20,
		Logger: w.logger(0), IdempotencyRetention: time.Hour, Backups: BackupConfig{Store: store}, Fatal: func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// backUp makes a backup and waits for its end.
func backUp(t *testing.T, n *Node, id int64) backup.Status {
	t.Helper()
	if err := n.Backups().Create(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	return ended(t, n, id)
}

// ended waits until a backup is no longer in progress.
func ended(t *testing.T, n *Node, id int64) backup.Status {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		s, err := n.Backups().Status(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if s.State != backup.InProgress {
			return s
		}
	}
	t.Fatalf("backup %d does not end", id)
	return backup.Status{}
}

// restore restores a backup to the data folder of a node.
func restore(t *testing.T, s backup.Store, id int64, target backup.Target) backup.Note {
	t.Helper()
	note, err := backup.Restore(t.Context(), s, id, target, time.Now().UnixMilli())
	if err != nil {
		t.Fatal(err)
	}
	return note
}

func close1(t *testing.T, n *Node) {
	t.Helper()
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}

// jobs activates all jobs of the test's type and gives the instances they belong to, by partition.
func jobs(ctx context.Context, t *testing.T, n *Node, partition int32) map[int64]int {
	t.Helper()
	found := map[int64]int{}
	for {
		answer, err := n.Router().Submit(ctx, partition, record.NewCommand(-1, record.JobBatchActivate, &record.JobBatch{
			Type: "work", Worker: "test", Timeout: 3600_000, MaxJobsToActivate: 1000, TenantIDs: []string{record.DefaultTenant},
		}))
		if err != nil || answer.IsRejection() {
			t.Fatal(err, answer.RejectionReason)
		}
		batch := answer.Value.(*record.JobBatch)
		if len(batch.Jobs) == 0 {
			return found
		}
		for _, j := range batch.Jobs {
			found[j.ProcessInstanceKey]++
		}
	}
}

func TestABackupIsTakenAndRestoredOnOneNode(t *testing.T) {
	store, data := backup.Folder(filepath.Join(t.TempDir(), "store")), t.TempDir()
	n := alone(t, data, 2, store)
	w := &world{t: t}
	w.deploy(n)
	want := map[int64]int{}
	for i := range 20 {
		w.waitFor("an instance is made", func() error {
			key, err := create(t.Context(), n, int32(1+i%2))
			if err == nil {
				want[key]++
			}
			return err
		})
	}
	s := backUp(t, n, 7)
	if s.State != backup.Completed || len(s.Details) != 2 || s.Details[1].CheckpointPosition == 0 {
		t.Fatalf("%+v", s)
	}
	if _, err := create(t.Context(), n, 1); err != nil { // not in the backup
		t.Error(err)
	}
	for _, id := range []int64{7, 6, 0} {
		if err := n.Backups().Create(t.Context(), id); err == nil {
			t.Errorf("backup %d was made after backup 7", id)
		}
	}
	close1(t, n)
	if left, err := os.ReadDir(filepath.Join(data, copiesName)); len(left) > 0 {
		t.Errorf("copies are left: %v, %v", left, err)
	}

	again := filepath.Join(t.TempDir(), "new")
	note := restore(t, store, 7, backup.Target{Data: again, Size: 1, Factor: 1})
	if len(note.Own) != 2 {
		t.Errorf("restored: %+v", note)
	}
	for range 2 { // and starts again
		n = alone(t, again, 2, store)
		if c := n.Configuration(); c.Version != note.ConfigurationVersion {
			t.Errorf("the new cluster begins with version %d", c.Version)
		}
		close1(t, n)
	}
	n = alone(t, again, 2, store)
	defer close1(t, n)
	got := jobs(t.Context(), t, n, 1)
	for key := range jobs(t.Context(), t, n, 2) {
		got[key]++
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("restored: jobs of %v, want %v", got, want)
	}
	if _, err := create(t.Context(), n, 2); err != nil {
		t.Error(err)
	}
	if err := n.Backups().Create(t.Context(), 7); err == nil {
		t.Error("the backup that was restored is made again")
	}
	if s := backUp(t, n, 8); s.State != backup.Completed {
		t.Errorf("after the restore: %+v", s)
	}
}

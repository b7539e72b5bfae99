package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/backup"
	"github.com/payhub/payhub/engine/raftlog"
)

// cluster is what the backups of these tests are of.
func cluster(id int64, partitions int32) backup.Cluster {
	return backup.Cluster{
		ID: id, Attempt: "a", Created: 1000, ClusterID: "test", Version: "1", Partitions: partitions, MessagePartitions: partitions,
		ConfigurationVersion: 3, Configuration: []byte(`{}`),
	}
}

// checkpoint makes the folder of a partition's checkpoint, with a file of size bytes among others.
func checkpoint(t *testing.T, partition int32, size int) string {
	t.Helper()
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(uint64(partition), uint64(size)))
	large := make([]byte, size)
	for i := 0; i+8 <= size; i += 8 {
		n := random.Uint64()
		for b := range 8 {
			large[i+b] = byte(n >> (8 * b))
		}
	}
	for name, content := range map[string][]byte{
		"partition.json":   fmt.Appendf(nil, `{"format":%d,"partition":%d,"index":42,"hash":"ab"}`, raftlog.DataFormat(), partition),
		"log-entries":      nil,
		"state/CURRENT":    []byte("MANIFEST-1\n"),
		"state/000001.sst": large,
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func now() int64 { return 2000 }

// made makes a complete backup.
func made(t *testing.T, s backup.Store, id int64, partitions int32, size int) {
	t.Helper()
	if err := backup.Begin(t.Context(), s, cluster(id, partitions)); err != nil {
		t.Fatal(err)
	}
	for p := int32(1); p <= partitions; p++ {
		if err := backup.Upload(t.Context(), s, manifest(id, p), checkpoint(t, p, size), now); err != nil {
			t.Fatal(err)
		}
	}
}

func manifest(id int64, partition int32) backup.Manifest {
	return backup.Manifest{
		ID: id, Attempt: "a", Partition: partition, Version: "1", DataFormat: raftlog.DataFormat(), Position: 99, Index: 42, Hash: "ab", Created: 1500,
	}
}

func state(t *testing.T, s backup.Store, id int64, w backup.Working) backup.Status {
	t.Helper()
	status, err := backup.ReadStatus(t.Context(), s, id, w)
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func TestWhatABackupIsFollowsFromItsPartitions(t *testing.T) {
	s := backup.Folder(t.TempDir())
	working := func(beginning bool, partitions ...int32) backup.Working {
		w := backup.Working{Beginning: beginning, Partitions: map[int32]int32{}}
		for _, p := range partitions {
			w.Partitions[p] = 4
		}
		return w
	}
	expect := func(what string, w backup.Working, want backup.State, parts ...backup.State) {
		t.Helper()
		status := state(t, s, 7, w)
		var got []backup.State
		for _, p := range status.Details {
			got = append(got, p.State)
		}
		if status.State != want || !slices.Equal(got, parts) {
			t.Errorf("%s: %s %v, want %s %v", what, status.State, got, want, parts)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	expect("nothing", working(false), backup.DoesNotExist)
	must(backup.Begin(t.Context(), s, cluster(7, 2)))
	expect("begun", working(true), backup.InProgress, backup.InProgress, backup.InProgress)
	expect("begun by a node that is gone", working(false), backup.Incomplete, backup.Incomplete, backup.Incomplete)
	expect("one is copied", working(false, 1), backup.InProgress, backup.InProgress, backup.Incomplete)
	must(backup.Upload(t.Context(), s, manifest(7, 1), checkpoint(t, 1, 100), now))
	expect("one is there", working(false, 2), backup.InProgress, backup.Completed, backup.InProgress)
	expect("one is there and nobody works", working(false), backup.Incomplete, backup.Completed, backup.Incomplete)
	other := manifest(7, 2)
	other.Attempt = "b"
	must(backup.Upload(t.Context(), s, other, checkpoint(t, 2, 100), now))
	expect("the other one is of another attempt", working(false), backup.Failed, backup.Completed, backup.Failed)
	must(backup.Delete(t.Context(), s, 7))
	expect("deleted", working(false), backup.DoesNotExist)
	made(t, s, 7, 2, 100)
	expect("both are there", working(false), backup.Completed, backup.Completed, backup.Completed)
	must(backup.Fail(t.Context(), s, 7, 2, backup.Failure{Reason: "because", At: 3000}))
	expect("one failed, whatever came later", working(true, 2), backup.Failed, backup.Completed, backup.Failed)
	newer := cluster(9, 1)
	must(backup.Begin(t.Context(), s, newer))
	rewrite(t, s, "00000000000000000009/cluster.json", `"format":1`, `"format":2`)
	if got := state(t, s, 9, working(false)); got.State != backup.Incompatible || !strings.Contains(got.FailureReason, "format 2") {
		t.Errorf("of a newer version: %+v", got)
	}
	if ids, err := backup.IDs(t.Context(), s); err != nil || !slices.Equal(ids, []int64{7, 9}) {
		t.Errorf("backups %v, %v", ids, err)
	}
}

// rewrite changes an object.
func rewrite(t *testing.T, s backup.Store, name, from, to string) {
	t.Helper()
	in, err := s.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(text, []byte(from), []byte(to), 1)
	if bytes.Equal(changed, text) {
		t.Fatalf("%s has no %s", name, from)
	}
	if err := s.Put(t.Context(), name, bytes.NewReader(changed), int64(len(changed))); err != nil {
		t.Fatal(err)
	}
}

// dropping is a store that breaks in the middle of an upload.
type dropping struct {
	backup.Store
	after *atomic.Int32
}

func (d dropping) Put(ctx context.Context, name string, content io.ReadSeeker, size int64) error {
	if d.after.Add(-1) < 0 {
		return errors.New("the store broke")
	}
	return d.Store.Put(ctx, name, content, size)
}

func TestAnInterruptedUploadIsNeverComplete(t *testing.T) {
	folder := checkpoint(t, 1, 1000) // four files and the manifest
	for after := range 6 {
		s := backup.Folder(t.TempDir())
		if err := backup.Begin(t.Context(), s, cluster(7, 1)); err != nil {
			t.Fatal(err)
		}
		var left atomic.Int32
		left.Store(int32(after))
		err := backup.Upload(t.Context(), dropping{s, &left}, manifest(7, 1), folder, now)
		want := backup.Incomplete
		if after == 5 {
			want = backup.Completed
		}
		if got := state(t, s, 7, backup.Working{}); got.State != want || (err == nil) != (want == backup.Completed) {
			t.Errorf("broken after %d objects: %s, %v", after, got.State, err)
		}
		there, e := s.List(t.Context(), "00000000000000000007/1/")
		if again := backup.Upload(t.Context(), s, manifest(7, 1), folder, now); e != nil || len(there) > 0 && again == nil {
			t.Errorf("broken after %d objects: what was there was replaced", after)
		}
	}
}

func TestDamageIsFoundAndNamedAndLeavesNothing(t *testing.T) {
	const large, current = "00000000000000000007/2/data/state/000001.sst/000000", "00000000000000000007/1/data/state/CURRENT/000000"
	for _, c := range []struct {
		what   string
		damage func(t *testing.T, s backup.Store)
		want   []string
	}{
		{"a changed byte", func(t *testing.T, s backup.Store) { rewrite(t, s, current, "MANIFEST-1", "MANIFEST-2") }, []string{current, "checksum"}},
		{"a missing part", func(t *testing.T, s backup.Store) { remove(t, s, large) }, []string{large, "missing"}},
		{"a short part", func(t *testing.T, s backup.Store) { rewrite(t, s, current, "-1\n", "") }, []string{current, "bytes"}},
		{"two of them", func(t *testing.T, s backup.Store) {
			remove(t, s, large)
			rewrite(t, s, current, "1", "2")
		}, []string{current, large}},
		{"a manifest that is no JSON", func(t *testing.T, s backup.Store) { rewrite(t, s, "00000000000000000007/2/manifest.json", "{", "") }, []string{"7/2/manifest.json"}},
		{"a manifest of other files", func(t *testing.T, s backup.Store) {
			rewrite(t, s, "00000000000000000007/2/manifest.json", `"index":42`, `"index":43`)
		}, []string{"7/2/manifest.json", "entry 43"}},
		{"a file outside of the folder", func(t *testing.T, s backup.Store) {
			rewrite(t, s, "00000000000000000007/2/manifest.json", `"name":"log-entries"`, `"name":"../../x"`)
		}, []string{"is no name of a file"}},
		{"newer data", func(t *testing.T, s backup.Store) {
			rewrite(t, s, "00000000000000000007/2/manifest.json", fmt.Sprintf(`"dataFormat":%d`, raftlog.DataFormat()), `"dataFormat":99`)
		}, []string{"partition 2 in backup 7", "99"}},
		{"a newer backup", func(t *testing.T, s backup.Store) {
			rewrite(t, s, "00000000000000000007/1/manifest.json", `"format":1`, `"format":9`)
		}, []string{"INCOMPATIBLE", "9"}},
		{"a backup that failed", func(t *testing.T, s backup.Store) {
			if err := backup.Fail(t.Context(), s, 7, 1, backup.Failure{Reason: "the disk was full"}); err != nil {
				t.Fatal(err)
			}
		}, []string{"FAILED", "the disk was full"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := backup.Folder(t.TempDir())
			made(t, s, 7, 2, 1000)
			c.damage(t, s)
			data := t.TempDir()
			_, err := backup.Restore(t.Context(), s, 7, backup.Target{Data: data, Size: 1, Factor: 1}, 3000)
			if err == nil {
				t.Fatal("it was restored")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v; want %q in it", err, want)
				}
			}
			if left, err := os.ReadDir(data); err != nil || len(left) > 0 {
				t.Errorf("left in the data folder: %v, %v", left, err)
			}
		})
	}
}

func remove(t *testing.T, s backup.Store, name string) {
	t.Helper()
	if err := s.Delete(t.Context(), name); err != nil {
		t.Fatal(err)
	}
}

func TestWhatDoesNotFitIsNotRestored(t *testing.T) {
	s := backup.Folder(t.TempDir())
	made(t, s, 7, 3, 100)
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "node.json"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		id     int64
		target backup.Target
		want   string
	}{
		{8, backup.Target{Size: 1, Factor: 1}, "backup 8 in"},
		{7, backup.Target{Data: full, Size: 1, Factor: 1}, "is not empty: there is node.json"},
		{7, backup.Target{Size: 1, Factor: 1, Partitions: 4}, "has 3 partitions, and the new cluster shall have 4"},
		{7, backup.Target{Size: 3, Factor: 3, Node: 3}, "numbered 0 to 2"},
		{7, backup.Target{Size: 1, Factor: 2}, "larger than the cluster"},
		{7, backup.Target{Size: 3, Factor: 1, Zones: []string{"a"}}, "1 zones are named for 3 nodes"},
	} {
		if c.target.Data == "" {
			c.target.Data = filepath.Join(t.TempDir(), "data")
		}
		if _, err := backup.Restore(t.Context(), s, c.id, c.target, 0); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("backup %d, %+v: %v; want %q", c.id, c.target, err, c.want)
		}
	}
}

// Each node gets the partitions that the placement of the new cluster gives it, from either store.
func TestNodesGetTheirPartitions(t *testing.T) {
	for name, s := range map[string]backup.Store{"folder": backup.Folder(t.TempDir()), "S3": newS3(t)} {
		made(t, s, 7, 3, 100_000)
		copies := map[int32]int{}
		for node := range int32(3) {
			data := filepath.Join(t.TempDir(), "data")
			note, err := backup.Restore(t.Context(), s, 7, backup.Target{Data: data, Node: node, Size: 3, Factor: 2}, 3000)
			if err != nil {
				t.Fatal(name, err)
			}
			for _, r := range note.Own {
				copies[r.Partition]++
				if r.Position != 99 || r.Index != 42 || !note.Has(r.Partition) || !raftlog.Restored(data, uint16(r.Partition)) {
					t.Errorf("%s: node %d: %+v", name, node, r)
				}
			}
			if kept, err := backup.ReadNote(data); err != nil || kept.String() != note.String() || kept.ConfigurationVersion <= 3 {
				t.Errorf("%s: the note is %+v, %v", name, kept, err)
			}
		}
		if copies[1] != 2 || copies[2] != 2 || copies[3] != 2 {
			t.Errorf("%s: copies of partitions %v", name, copies)
		}
	}
}

// TestHowFastABackupIsRestored prints what a gigabyte costs.
func TestHowFastABackupIsRestored(t *testing.T) {
	const size = 160 << 20 // three parts
	s := backup.Folder(t.TempDir())
	began := time.Now()
	made(t, s, 7, 1, size)
	uploaded := time.Since(began)
	began = time.Now()
	data := filepath.Join(t.TempDir(), "data")
	if _, err := backup.Restore(t.Context(), s, 7, backup.Target{Data: data, Size: 1, Factor: 1}, 0); err != nil {
		t.Fatal(err)
	}
	perGiB := func(d time.Duration) float64 { return d.Seconds() / size * (1 << 30) }
	t.Logf("%d MiB: written in %v with its making, %.1f s/GiB; restored in %v, %.1f s/GiB", size>>20, uploaded, perGiB(uploaded), time.Since(began), perGiB(time.Since(began)))
	if err := os.Remove(filepath.Join(data, "partitions", "1", "state", "000001.sst")); err != nil {
		t.Error(err)
	}
}

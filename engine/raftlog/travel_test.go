package raftlog

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// exporterRow is the row by which the state says how far an exporter has come.
func exporterRow(t testing.TB, id string, index uint64) []record.Row {
	t.Helper()
	overlay := state.NewOverlay(state.NewMemory())
	state.NewTables(overlay, state.NewDefinitions()).PutExporter(&record.Exporter{ExporterID: id, Index: index})
	return overlay.Rows()
}

// acknowledge commits that an exporter has everything through an index.
func (c *lan) acknowledge(id string, index uint64) {
	c.t.Helper()
	b := record.Batch{Rows: exporterRow(c.t, id, index)}
	entry := b.Append(nil)
	l := c.leader()
	must(c.t, l.Propose(l.term, entry, b.AppliedRows()))
}

// keysFrom reads the first row's key of each batch from an index on, as an exporter does.
func keysFrom(t testing.TB, r *Replica, from uint64) (keys []string, indexes []uint64) {
	t.Helper()
	_, err := r.Read(context.Background(), from, func(index uint64, entry []byte) error {
		rows, err := record.DecodeRows(entry)
		if strings.HasPrefix(string(rows[0].Key), "k") {
			keys, indexes = append(keys, string(rows[0].Key)), append(indexes, index)
		}
		return err
	})
	must(t, err)
	return keys, indexes
}

func TestWhoeverLeadsNextExportsWithoutAGapAlsoAfterItsStateCameFromAnother(t *testing.T) {
	c := newLAN(t, 3, func(conf *ReplicaConfig) {
		conf.Exporters = []string{"audit"}
		conf.Trailing, conf.Heartbeat = 16, time.Second
	})
	defer c.stop()
	var want []string
	put := func(n int) {
		for range n {
			key := fmt.Sprintf("k%05d", len(want))
			c.put(key, strings.Repeat("x", 5000))
			want = append(want, key)
		}
	}
	put(400)
	l := c.leader()
	_, indexes := keysFrom(t, l.Replica, 0)
	c.acknowledge("audit", indexes[250])
	for _, m := range c.members { // followers learn of it as the leader does: from the state
		waitFor(t, "the log is kept from the acknowledged position on", func() bool {
			m.followExporters()
			return m.view.keptUpTo() == indexes[250]
		})
	}
	behind := c.members[(slices.Index(c.members, l)+1)%3]
	behind.layer.setCut(true)
	put(300) // more than the entries that raft keeps behind a snapshot
	must(t, l.Snapshot())
	behind.layer.setCut(false)
	c.agree(behind)
	if behind.Store().FlushedIndex() == 0 {
		t.Fatal("the state was not installed from files")
	}
	put(20)
	c.agree(behind)
	must(t, l.TransferTo(behind.node.ServerID()))
	l.leads = false
	if now := c.leader(); now != behind {
		t.Fatalf("%s leads", now.node.ServerID())
	}
	check := func(what string) {
		t.Helper()
		if keys, _ := keysFrom(t, behind.Replica, indexes[250]+1); !slices.Equal(slices.Compact(keys), want[251:]) {
			t.Errorf("%s: %d batches behind the acknowledged position, want %d", what, len(keys), len(want)-251)
		}
	}
	check("as leader")
	must(t, behind.Replica.Close())
	behind.layer.setCut(true)
	c.replica(behind, nil)
	c.agree(behind)
	check("after a restart")
}

// The two moments at which a crash meets a node to which a state comes: its files stand beside the
// old state, or in its place with the log still as before.
func TestACrashWhileAStateArrivesLosesNeitherStateNorEntries(t *testing.T) {
	source := start(t, t.TempDir(), quiet())
	defer source.stop(t)
	for i := range 50 {
		source.put(t, fmt.Sprintf("k%02d", i), "x")
	}
	backup := filepath.Join(source.node.data, "backup")
	index, err := source.Checkpoint(backup)
	must(t, err)
	for _, installed := range []bool{false, true} {
		data := t.TempDir()
		must(t, copyFile(filepath.Join(source.node.data, "node.json"), filepath.Join(data, "node.json")))
		target := start(t, data, quiet())
		for i := range 10 {
			target.put(t, fmt.Sprintf("k%02d", i), "x")
		}
		target.stop(t)
		dir := partitionDir(data, 1)
		must(t, copyFile(filepath.Join(backup, entriesName), filepath.Join(dir, entriesName)))
		if installed {
			must(t, os.RemoveAll(filepath.Join(dir, "state")))
			must(t, copyTree(filepath.Join(backup, checkpointState), filepath.Join(dir, "state")))
		}
		target = start(t, data, quiet())
		keys, _ := keysFrom(t, target.Replica, 0)
		if want := map[bool]int{false: 10, true: 50}[installed]; len(keys) != want {
			t.Errorf("installed %v: %d entries, want %d", installed, len(keys), want)
		}
		if at := target.Store().AppliedIndex(); installed && at < index {
			t.Errorf("the state is at %d, want %d", at, index)
		}
		if _, err := os.Stat(filepath.Join(dir, entriesName)); err == nil {
			t.Error("the file of entries is still there")
		}
		target.put(t, "k99", "y") // and it goes on
		target.stop(t)
	}
}

func TestABackupIsRestoredToAnEmptyClusterWithWhatExportersNeed(t *testing.T) {
	c := newLAN(t, 3, func(conf *ReplicaConfig) { conf.Exporters = []string{"audit"} })
	for i := range 40 {
		c.put(fmt.Sprintf("k%02d", i), "x")
	}
	l := c.leader()
	_, indexes := keysFrom(t, l.Replica, 0)
	c.acknowledge("audit", indexes[24])
	l.followExporters()
	backup := filepath.Join(l.data, "backup")
	index, err := l.Checkpoint(backup)
	must(t, err)
	if _, err := l.Checkpoint(backup); err == nil {
		t.Error("a checkpoint overwrites another")
	}
	hash, ok := l.HashAt(index)
	info, err := ReadCheckpoint(backup)
	must(t, err)
	if !ok || info.Hash != fmt.Sprintf("%x", hash) || info.Index != index || info.Partition != 1 {
		t.Errorf("the checkpoint says %+v", info)
	}
	c.put("k99", "after the backup")
	saved := filepath.Join(t.TempDir(), "backup")
	must(t, copyTree(backup, saved))
	c.stop()

	d := &lan{t: t, network: newNetwork(), change: func(conf *ReplicaConfig) { conf.Exporters = []string{"audit"} }}
	var voters []raft.Server
	for range 3 {
		data := t.TempDir()
		must(t, Restore(data, 1, saved))
		voters = append(voters, voter(d.open(data)))
	}
	if err := Restore(d.members[0].data, 1, saved); err == nil {
		t.Error("a partition that is there is restored over")
	}
	if err := Restore(t.TempDir(), 2, saved); err == nil {
		t.Error("a checkpoint of partition 1 is restored as partition 2")
	}
	for _, m := range d.members {
		d.replica(m, voters)
	}
	defer d.stop()
	now := d.put("k50", "new")
	d.agree(d.members...)
	for _, m := range d.members {
		if m.value("k39") != "x" || m.value("k99") != "" {
			t.Errorf("restored: %q and %q", m.value("k39"), m.value("k99"))
		}
		if keys, _ := keysFrom(t, m.Replica, indexes[24]+1); len(keys) != 16 {
			t.Errorf("%d batches for exporters, want 15 from before and 1 new", len(keys))
		}
	}
	if len(now.Members().Servers) != 3 {
		t.Errorf("members %v", now.Members())
	}
}

func TestARestoredNodeThatIsAloneFormsItsOwnCluster(t *testing.T) {
	r := start(t, t.TempDir(), quiet())
	r.put(t, "k1", "x")
	backup := filepath.Join(r.node.data, "backup")
	_, err := r.Checkpoint(backup)
	must(t, err)
	data := t.TempDir()
	must(t, Restore(data, 1, backup))
	r.stop(t)
	for range 2 { // and starts again
		r = start(t, data, quiet())
		r.want(t, "k1", "x")
		r.put(t, "k2", "y")
		r.stop(t)
	}
}

func TestDataOfANewerVersionIsRefused(t *testing.T) {
	data := t.TempDir()
	r := start(t, data, quiet())
	r.put(t, "k1", "x")
	backup := filepath.Join(t.TempDir(), "backup")
	_, err := r.Checkpoint(backup)
	must(t, err)
	r.stop(t)
	rewrite := func(name, from, to string) {
		t.Helper()
		text, err := os.ReadFile(name)
		must(t, err)
		changed := strings.Replace(string(text), from, to, 1)
		if changed == string(text) {
			t.Fatalf("%s does not say %s", name, from)
		}
		must(t, os.WriteFile(name, []byte(changed), 0o644))
	}
	newer := fmt.Sprintf(`"format":%d`, dataFormat+1)
	this := fmt.Sprintf(`"format":%d`, dataFormat)
	rewrite(filepath.Join(backup, checkpointFile), this, newer)
	rewrite(filepath.Join(data, "node.json"), this, newer)
	var refused *NewerFormatError
	if err := Restore(t.TempDir(), 1, backup); !errors.As(err, &refused) {
		t.Errorf("a newer checkpoint: %v", err)
	}
	if _, err := OpenNode(data, NodeOptions{}); !errors.As(err, &refused) || refused.Found != dataFormat+1 {
		t.Errorf("a newer data folder: %v", err)
	}
	rewrite(filepath.Join(data, "node.json"), newer, this)
	r = start(t, data, quiet())
	note := slices.Clone(r.Store().Note())
	note[0]++
	r.Store().Renote(note)
	must(t, r.Store().Flush())
	r.stop(t)
	n, err := OpenNode(data, NodeOptions{})
	must(t, err)
	defer n.Close()
	if _, err := n.OpenReplica(quiet()); !errors.As(err, &refused) {
		t.Errorf("a newer state: %v", err)
	}
}

func TestOneSurvivorOfALostMajorityGoesOnAloneAndGrowsAgain(t *testing.T) {
	c := newLAN(t, 5, func(conf *ReplicaConfig) { conf.Exporters, conf.Trailing = []string{}, 16 })
	defer c.stop()
	for i := range 30 {
		c.put(fmt.Sprintf("k%02d", i), "x")
	}
	l := c.leader()
	c.agree(c.members...)
	for _, m := range c.members {
		if m != l {
			m.stopMember(t) // for good
		}
	}
	entry, rows := batch("k30", "not committed")
	proposed := l.Propose(l.term, entry, rows)
	if proposed == nil {
		t.Fatal("a minority commits")
	}
	l.leads = false
	if err := l.RecoverAlone([]raft.Server{{ID: "9-x", Address: "9-x"}}); err == nil {
		t.Error("it recovers without itself")
	}
	must(t, l.RecoverAlone([]raft.Server{voter(l)}))
	c.put("k31", "alone")
	// What reached the log may have been committed: it counts. A leader that had given up before did not write it.
	if there := l.value("k30") == "not committed"; there == errors.Is(proposed, partition.ErrNotLeader) {
		t.Errorf("k30 is %q after %v", l.value("k30"), proposed)
	}
	fresh := c.join()
	must(t, l.AddNonvoter(fresh.node.ServerID()))
	waitFor(t, "the newcomer catches up", func() bool { ok, _ := l.CaughtUp(fresh.node.ServerID()); return ok })
	must(t, l.AddVoter(fresh.node.ServerID()))
	c.put("k32", "together")
	c.agree(fresh)
	if fresh.value("k31") != "alone" || fresh.value("k32") != "together" || len(fresh.Members().Servers) != 2 {
		t.Errorf("the newcomer has %q %q, members %v", fresh.value("k31"), fresh.value("k32"), fresh.Members())
	}
	must(t, l.Replica.Close())
	l.layer.setCut(true)
	c.replica(l, nil) // the recovery is on the disk
	c.put("k33", "after a restart")
}

func TestEveryLogIsKeptWhileNobodyKnowsWhoExports(t *testing.T) {
	r := start(t, t.TempDir(), quiet())
	defer r.stop(t)
	r.put(t, "k1", "x")
	r.followExporters()
	if r.view.keptUpTo() != 0 {
		t.Error("the log is not kept")
	}
	r.SetExporters([]string{"audit"})
	if r.view.keptUpTo() != 0 {
		t.Error("the log is not kept for an exporter that has acknowledged nothing")
	}
	r.SetExporters(nil)
	if r.view.keptUpTo() != math.MaxUint64 {
		t.Error("the log is kept for nobody")
	}
}

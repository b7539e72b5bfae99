package raftlog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/storage"
)

func TestReplicasComputeTheSameChecksumOfTheirStateAtTheSameEntry(t *testing.T) {
	c := newLAN(t, 3, nil)
	defer c.stop()
	for i := range 200 {
		c.put(fmt.Sprintf("k%03d", i), strings.Repeat("x", i))
	}
	l := c.leader()
	index, err := l.Scan()
	must(t, err)
	c.put("k200", "later")
	var first StateSum
	for _, m := range c.members {
		waitFor(t, "the checksum", func() bool { s, ok := m.StateSum(); return ok && s.Index == index })
		s, _ := m.StateSum()
		if m == c.members[0] {
			first = s
		}
		if s != first || s.Rows != 201 { // with the row of the hash
			t.Errorf("%s: %+v, want %+v", m.node.ServerID(), s, first)
		}
		want, _ := l.HashAt(index)
		if got, ok := m.HashAt(index); !ok || got != want {
			t.Errorf("%s: chain hash %x, want %x", m.node.ServerID(), got, want)
		}
	}
	if _, ok := l.HashAt(1 << 40); ok {
		t.Error("an entry of the future has a hash")
	}
	index, err = l.Scan()
	must(t, err)
	waitFor(t, "the next one", func() bool { s, _ := l.StateSum(); return s.Index == index })
	if s, _ := l.StateSum(); s.Hash == first.Hash {
		t.Error("another state has the same checksum")
	}
}

// damageTables flips a byte in the middle of each table file of a state.
func damageTables(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	must(t, err)
	if len(files) == 0 {
		t.Fatal("no files of tables")
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		must(t, err)
		for i := range 64 { // in a block of rows, which come first
			content[len(content)/8+i] ^= 0xff
		}
		must(t, os.WriteFile(name, content, 0o644))
	}
}

// damaged is a node whose state is damaged on the disk; told gets what ends the process.
func damaged(t *testing.T) (r *running, told chan error) {
	t.Helper()
	data := t.TempDir()
	conf := quiet()
	conf.Storage.Ordered = state.Ordered
	r = start(t, data, conf)
	for i := range 3000 {
		r.put(t, fmt.Sprintf("k%04d", i), strings.Repeat(fmt.Sprint(i), 20))
	}
	r.stop(t)
	damageTables(t, filepath.Join(partitionDir(data, 1), "state"))
	told = make(chan error, 9)
	fatal := func(err error) { told <- err }
	n, err := OpenNode(data, NodeOptions{SegmentBytes: 1 << 20, Fatal: fatal})
	must(t, err)
	conf.Storage.Fatal = fatal
	opened, err := n.OpenReplica(conf)
	must(t, err)
	r = &running{node: n, Replica: opened}
	r.lead(t)
	return r, told
}

func namesTheCure(t *testing.T, err error) {
	t.Helper()
	var d *DamagedError
	if !errors.As(err, &d) || !d.State || !strings.Contains(err.Error(), "it gets everything from the others") {
		t.Errorf("told %v", err)
	}
}

func TestAScanFindsADamagedFileAndTheNodeNoLongerServes(t *testing.T) {
	r, told := damaged(t)
	if _, err := r.Scan(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-told:
		namesTheCure(t, err)
	case <-time.After(10 * time.Second):
		t.Fatal("the damage is not found")
	}
	entry, rows := batch("k", "x")
	if err := r.Propose(r.term, entry, rows); err == nil {
		t.Error("the node goes on")
	}
	r.Replica.Close()
	r.node.Close()
}

func TestADamagedStateIsNotSentToOthers(t *testing.T) {
	r, told := damaged(t)
	snaps, err := newSnapshots(r.store, r.view, filepath.Join(r.dir, "transfer"))
	must(t, err)
	if _, _, err := snaps.Open(stateID); err == nil {
		t.Error("the state is sent")
	}
	namesTheCure(t, <-told)
	r.Replica.Close()
	r.node.Close()
}

func TestDamagedDataIsMovedAsideAndTheNodeIsANewGeneration(t *testing.T) {
	data := t.TempDir()
	r := start(t, data, quiet())
	r.put(t, "k1", "x")
	old := r.node.ServerID()
	if _, err := MoveAside(data); err == nil {
		t.Error("the data of a running node is moved")
	}
	r.stop(t)
	to, err := MoveAside(data)
	must(t, err)
	for _, name := range []string{"node.json", "log", "partitions"} {
		if _, err := os.Stat(filepath.Join(to, name)); err != nil {
			t.Error(err)
		}
	}
	r = start(t, data, quiet())
	if r.node.ServerID() == old || r.value("k1") != "" {
		t.Errorf("the node is %s with %q", r.node.ServerID(), r.value("k1"))
	}
	r.stop(t)
}

// A committed entry that is damaged when raft reads it, to apply it after a restart, ends the process
// with a reason; raft by itself would panic.
func TestADamagedCommittedEntryIsAnErrorNotAPanic(t *testing.T) {
	disk := newFaultDisk()
	told := make(chan error, 9)
	states := storage.NewMemoryDisk()
	open := func(dir string) (*Node, *Replica) {
		n, err := OpenNode(dir, NodeOptions{Files: disk, SegmentBytes: 1 << 20, Fatal: func(err error) { told <- err }})
		must(t, err)
		conf := quiet()
		conf.OpenState = func(dir string) (State, error) { return states.Open(dir) }
		r, err := n.OpenReplica(conf)
		must(t, err)
		return n, r
	}
	dir := t.TempDir()
	n, r := open(dir)
	run := &running{node: n, Replica: r}
	run.lead(t)
	for i := range 20 {
		run.put(t, fmt.Sprintf("k%02d", i), "x")
	}
	p := run.view.places[10]
	// The entry is damaged behind raft's cache: it is read from the disk when a follower asks.
	disk.mu.Lock()
	disk.names[p.seg.name].content[p.offset+recHeader] ^= 1
	disk.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var l raft.Log
		run.view.GetLog(run.view.first+10, &l) //nolint:errcheck // the goroutine ends
		t.Error("the entry is read")
	}()
	<-ended
	if err := <-told; !errors.As(err, new(*DamagedError)) {
		t.Errorf("told %v", err)
	}
	entry, rows := batch("k", "x")
	if err := run.Propose(run.term, entry, rows); err == nil {
		t.Error("the node goes on")
	}
	r.Close()
	n.Close()
}

func TestALeaderWithASlowDiskIsNamedAfterThreeSeconds(t *testing.T) {
	ms := func(all ...int) (list []time.Duration) {
		for _, n := range all {
			list = append(list, time.Duration(n)*time.Millisecond)
		}
		return list
	}
	for _, c := range []struct {
		what   string
		own    int
		others []time.Duration
		slow   bool
	}{
		{"as fast as the others", 1, ms(1, 1), false},
		{"slower, and still fast", 15, ms(1, 1), false},
		{"all are slow", 500, ms(400, 600), false},
		{"one other is slow too", 500, ms(1, 2, 500), true},
		{"far slower", 500, ms(1, 1), true},
		{"alone", 500, nil, false},
	} {
		var w DiskWatch
		now, named := time.Unix(0, 0), false
		for range 5 {
			named = named || w.Slow(time.Duration(c.own)*time.Millisecond, c.others, now)
			now = now.Add(time.Second)
		}
		if named != c.slow {
			t.Errorf("%s: named %v", c.what, named)
		}
	}
	var w DiskWatch
	for i, own := range ms(500, 500, 1, 500, 500) { // never three seconds without a break
		if w.Slow(own, ms(1, 1), time.Unix(int64(i), 0)) {
			t.Error("named after a break")
		}
	}
}

func TestTheLatencyOfWritesIsMeasuredAlsoWhileOneDoesNotEnd(t *testing.T) {
	d := newFaultDisk()
	l := mustOpen(t, d)
	defer l.close()
	fillLog(t, l.Partition(1), 1, 10, 10)
	if took := l.SyncLatency(); took <= 0 || took > 5*time.Second {
		t.Errorf("latency %v of a disk in memory", took)
	}
	gate := make(chan struct{})
	d.mu.Lock()
	d.onSync = func(int) error { <-gate; return nil }
	d.mu.Unlock()
	done := make(chan struct{})
	go func() { defer close(done); fillLog(t, l.Partition(1), 11, 11, 10) }()
	waitFor(t, "the write that stands still to count", func() bool { return l.SyncLatency() > 80*time.Millisecond })
	close(gate)
	<-done
}

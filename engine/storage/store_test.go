package storage

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/payhub/payhub/engine/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ordered: tables from 'a' to 'm' are scanned, others are not.
func ordered(table byte) bool { return table <= 'm' }

// still is a store that flushes only when a test says so.
func still() Options {
	return Options{FlushInterval: time.Hour, DurableInterval: time.Hour, Ordered: ordered}
}

func open(t testing.TB, dir string, o Options) *Store {
	t.Helper()
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func row(op record.RowOp, key, value string) record.Row {
	return record.Row{Op: op, Key: []byte(key), Value: []byte(value)}
}

// dump is all ordered rows as "key=value " in order.
func dump(s *Store, from, to string) string {
	var b bytes.Buffer
	var end []byte
	if to != "" {
		end = []byte(to)
	}
	s.Scan([]byte(from), end, func(k, v []byte) bool {
		fmt.Fprintf(&b, "%s=%s ", k, v)
		return true
	})
	return b.String()
}

func TestARowInsertedAndDeletedBetweenFlushesNeverReachesRocksDB(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state"), still())
	defer closeStore(t, s)
	s.Apply(1, []record.Row{row(record.RowInsert, "a1", "x"), row(record.RowInsert, "z1", "x")})
	s.Apply(2, []record.Row{row(record.RowPut, "a1", "y"), row(record.RowDelete, "z1", "")})
	s.Apply(3, []record.Row{row(record.RowDelete, "a1", "")})
	l := s.layers.Load().dirty
	if len(l.cells) != 0 || l.order.Len() != 0 || l.live != 0 {
		t.Fatalf("%d cells, %d ordered keys, %d bytes are left; want none", len(l.cells), l.order.Len(), l.live)
	}
}

func TestReadsFindTheNewestLayer(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state"), still())
	defer closeStore(t, s)
	s.Apply(1, []record.Row{row(record.RowInsert, "a1", "disk"), row(record.RowInsert, "a2", "disk"), row(record.RowInsert, "a3", "disk")})
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	s.Apply(2, []record.Row{row(record.RowPut, "a2", "frozen"), row(record.RowDelete, "a3", ""), row(record.RowInsert, "a4", "frozen")})
	s.freeze() // as if the write to RocksDB were still going on
	s.Apply(3, []record.Row{row(record.RowDelete, "a4", ""), row(record.RowInsert, "a3", "dirty"), row(record.RowInsert, "a5", "dirty")})
	if got, want := dump(s, "a", "b"), "a1=disk a2=frozen a3=dirty a5=dirty "; got != want {
		t.Errorf("scan: %q, want %q", got, want)
	}
	for key, want := range map[string]string{"a1": "disk", "a2": "frozen", "a3": "dirty", "a4": "", "a5": "dirty"} {
		got, ok := s.Get([]byte(key))
		if string(got) != want || ok != (want != "") {
			t.Errorf("%s: %q %v, want %q", key, got, ok, want)
		}
	}
}

func TestAStoreGoesOnAtItsFlushedIndexWithItsNote(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir, still())
	s.ApplyNoted(7, []record.Row{row(record.RowInsert, "a1", "one")}, []byte("term 3"))
	if s.FlushedIndex() != 0 || s.AppliedIndex() != 7 {
		t.Fatalf("flushed %d, applied %d before a flush", s.FlushedIndex(), s.AppliedIndex())
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	crashed := filepath.Join(t.TempDir(), "crashed") // what a loss of power leaves
	copyDir(t, dir, crashed)
	s.ApplyNoted(9, []record.Row{row(record.RowPut, "a1", "two")}, []byte("term 4"))
	closeStore(t, s)

	s = open(t, crashed, still())
	if v, _ := s.Get([]byte("a1")); s.FlushedIndex() != 7 || string(s.Note()) != "term 3" || string(v) != "one" {
		t.Errorf("after a crash: index %d, note %q, row %q", s.FlushedIndex(), s.Note(), v)
	}
	s.Apply(7, []record.Row{row(record.RowPut, "a1", "replayed twice")})
	if v, _ := s.Get([]byte("a1")); string(v) != "one" {
		t.Errorf("an entry was applied twice: %q", v)
	}
	closeStore(t, s)

	s = open(t, dir, still())
	if v, _ := s.Get([]byte("a1")); s.FlushedIndex() != 9 || string(s.Note()) != "term 4" || string(v) != "two" {
		t.Errorf("after a close: index %d, note %q, row %q", s.FlushedIndex(), s.Note(), v)
	}
	closeStore(t, s)
}

func copyDir(t testing.TB, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func TestACheckpointIsTheWholeStateAndCanBeInstalled(t *testing.T) {
	tmp := t.TempDir()
	s := open(t, filepath.Join(tmp, "leader"), still())
	s.ApplyNoted(5, []record.Row{row(record.RowInsert, "a1", "x"), row(record.RowInsert, "z1", "y")}, []byte("n"))
	copied := filepath.Join(tmp, "copy")
	index, note, err := s.Checkpoint(copied)
	if err != nil || index != 5 || string(note) != "n" {
		t.Fatalf("checkpoint: %d %q %v", index, note, err)
	}
	s.Apply(6, []record.Row{row(record.RowDelete, "a1", "")})
	closeStore(t, s)

	f := open(t, filepath.Join(tmp, "follower"), still())
	f.Apply(1, []record.Row{row(record.RowInsert, "a9", "old")})
	if err := f.Install(copied); err != nil {
		t.Fatal(err)
	}
	if got := dump(f, "a", "n"); got != "a1=x " || f.AppliedIndex() != 5 || f.FlushedIndex() != 5 || string(f.Note()) != "n" {
		t.Errorf("installed: %q, applied %d, flushed %d, note %q", got, f.AppliedIndex(), f.FlushedIndex(), f.Note())
	}
	f.Apply(6, []record.Row{row(record.RowDelete, "a1", "")})
	closeStore(t, f)
}

func TestAnInstallCutOffBetweenItsRenamesKeepsTheOldState(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir, still())
	s.Apply(3, []record.Row{row(record.RowInsert, "a1", "old")})
	closeStore(t, s)
	if err := os.Rename(dir, dir+".old"); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, still())
	defer closeStore(t, s)
	if got := dump(s, "a", ""); got != "a1=old " {
		t.Errorf("rows %q", got)
	}
}

func TestTheBackgroundFlushHappensByTimeAndBySize(t *testing.T) {
	t.Run("time", func(t *testing.T) {
		s := open(t, filepath.Join(t.TempDir(), "state"), Options{FlushInterval: 5 * time.Millisecond, DurableInterval: time.Nanosecond})
		defer closeStore(t, s)
		s.Apply(4, []record.Row{row(record.RowInsert, "a", "x")})
		waitFor(t, func() bool { return s.FlushedIndex() == 4 })
	})
	t.Run("size", func(t *testing.T) {
		s := open(t, filepath.Join(t.TempDir(), "state"), Options{FlushInterval: time.Hour, LayerBytes: 1 << 16})
		defer closeStore(t, s)
		for i := range uint64(10_000) {
			s.Apply(i+1, []record.Row{row(record.RowInsert, fmt.Sprintf("a%06d", i), "some value of a row")})
			if got := s.Stats().LayerBytes; got > 1<<17+200 { // twice the bound, and one row
				t.Fatalf("%d bytes wait in memory", got)
			}
		}
	})
}

func waitFor(t testing.TB, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("did not happen within 10 s")
		}
	}
}

func TestTheFirstErrorOfTheDiskIsLatched(t *testing.T) {
	var told error
	o := still()
	o.Fatal = func(err error) { told = err }
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir, o)
	s.Apply(1, []record.Row{row(record.RowInsert, "a1", "x")})
	if err := os.RemoveAll(dir); err != nil { // the memtable has nowhere to go
		t.Fatal(err)
	}
	first := s.Flush()
	if first == nil || told == nil || s.Err() == nil {
		t.Fatalf("flush %v, told %v, latched %v", first, told, s.Err())
	}
	if err := s.Flush(); err != first {
		t.Errorf("the second flush says %v, want the first error %v", err, first)
	}
	if s.FlushedIndex() != 0 {
		t.Errorf("flushed index %d after a failed flush", s.FlushedIndex())
	}
	if err := s.Close(); err != first {
		t.Errorf("close says %v, want %v", err, first)
	}
}

// TestStoreEqualsASortedMap drives a store with random rows, flushes, crashes, checkpoints and
// installs, and compares every read with a plain map. A crash loses what was not flushed; the
// twin then replays its own log, as raft does.
func TestStoreEqualsASortedMap(t *testing.T) {
	root := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		tw := newTwin(t, filepath.Join(root, fmt.Sprint(n)))
		defer tw.end()
		t.Repeat(map[string]func(*rapid.T){
			"apply":      tw.apply,
			"get":        tw.get,
			"scan":       tw.scan,
			"freeze":     func(*rapid.T) { tw.freeze() },
			"flush":      tw.flush,
			"crash":      tw.crash,
			"checkpoint": tw.checkpoint,
		})
	})
}

type twin struct {
	s     *Store
	dir   string
	gen   int
	rows  map[string]string
	log   [][]record.Row
	index uint64
}

func newTwin(t *rapid.T, dir string) *twin {
	tw := &twin{dir: dir, rows: map[string]string{}}
	tw.open(t)
	return tw
}

func (tw *twin) path() string { return filepath.Join(tw.dir, fmt.Sprint(tw.gen)) }

func (tw *twin) open(t *rapid.T) {
	s, err := Open(tw.path(), still())
	tw.must(t, err)
	tw.s = s
}

func (tw *twin) end() {
	tw.s.Close()
	os.RemoveAll(tw.dir)
}

func (tw *twin) must(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

// freeze leaves a frozen layer that is not in RocksDB yet; a second one must not pile up.
func (tw *twin) freeze() {
	if l := tw.s.layers.Load(); l.frozen == nil || l.clean {
		tw.s.freeze()
	}
}

// unfreeze gives a layer frozen by freeze to RocksDB, as the flush that froze it would have.
func (tw *twin) unfreeze(t *rapid.T) {
	if l := tw.s.layers.Load(); l.frozen != nil && !l.clean {
		tw.must(t, tw.s.db.apply(appendBatch(nil, l.frozen)))
		tw.s.written = l.frozen.index
		tw.s.layers.Store(&layers{dirty: l.dirty, frozen: l.frozen, clean: true, highs: l.highs.with(l.frozen)})
	}
}

func (tw *twin) flush(t *rapid.T) {
	tw.unfreeze(t)
	tw.must(t, tw.s.flush(rapid.Bool().Draw(t, "safe")))
}

var keys = rapid.Custom(func(t *rapid.T) string {
	return string(rapid.SampledFrom([]byte("abz")).Draw(t, "table")) +
		rapid.StringMatching("[\x01-\x03]{0,3}").Draw(t, "key")
})

func (tw *twin) apply(t *rapid.T) {
	var rows []record.Row
	for range rapid.IntRange(0, 5).Draw(t, "rows") {
		key := keys.Draw(t, "key")
		_, there := tw.rows[key]
		op := record.RowPut
		switch {
		case rapid.Bool().Draw(t, "delete"):
			op = record.RowDelete
		case !there && rapid.Bool().Draw(t, "insert"):
			op = record.RowInsert
		}
		value := rapid.StringN(0, 4, 20).Draw(t, "value")
		rows = append(rows, row(op, key, value))
		if op == record.RowDelete {
			delete(tw.rows, key)
		} else {
			tw.rows[key] = value
		}
	}
	tw.index++
	tw.log = append(tw.log, rows)
	tw.s.Apply(tw.index, rows)
}

func (tw *twin) get(t *rapid.T) {
	key := keys.Draw(t, "key")
	want, there := tw.rows[key]
	got, ok := tw.s.Get([]byte(key))
	if ok != there || string(got) != want {
		t.Fatalf("%q: %q %v, want %q %v", key, got, ok, want, there)
	}
}

func (tw *twin) scan(t *rapid.T) {
	from, to := keys.Draw(t, "from"), keys.Draw(t, "to")
	if ordered(from[0]) != ordered(to[0]) || !ordered(from[0]) {
		return
	}
	limit := rapid.IntRange(1, 40).Draw(t, "limit")
	var want, got []string
	for k := range tw.rows {
		if k >= from && k < to {
			want = append(want, k)
		}
	}
	sort.Strings(want)
	want = want[:min(limit, len(want))]
	tw.s.Scan([]byte(from), []byte(to), func(k, v []byte) bool {
		if tw.rows[string(k)] != string(v) {
			t.Fatalf("scan: %q is %q, want %q", k, v, tw.rows[string(k)])
		}
		got = append(got, string(k))
		return len(got) < limit
	})
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("scan %q to %q: %q, want %q", from, to, got, want)
	}
}

// crash opens what is on the disk now, without closing first, and replays the log behind it.
func (tw *twin) crash(t *rapid.T) {
	tw.unfreeze(t)
	flushed := tw.s.FlushedIndex()
	tw.gen++
	c, err := tw.s.db.db.NewCheckpoint()
	tw.must(t, err)
	// Without writing the memtable first, a checkpoint is what a loss of power leaves.
	tw.must(t, c.CreateCheckpoint(tw.path(), math.MaxUint64))
	c.Destroy()
	tw.must(t, tw.s.Close())
	tw.open(t)
	if tw.s.FlushedIndex() < flushed || tw.s.FlushedIndex() > tw.index {
		t.Fatalf("flushed index %d after a crash, it was %d of %d", tw.s.FlushedIndex(), flushed, tw.index)
	}
	for i, rows := range tw.log {
		tw.s.Apply(uint64(i+1), rows)
	}
}

func (tw *twin) checkpoint(t *rapid.T) {
	tw.unfreeze(t)
	dir := filepath.Join(tw.dir, "copy")
	index, _, err := tw.s.Checkpoint(dir)
	tw.must(t, err)
	if index != tw.index {
		t.Fatalf("checkpoint at %d, want %d", index, tw.index)
	}
	tw.must(t, tw.s.Install(dir))
}

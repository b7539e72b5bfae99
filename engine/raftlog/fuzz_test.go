package raftlog

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/raft"
)

// FuzzSegment opens a log whose first segment is arbitrary: an error or a log, never a panic; and
// what is accepted can be read.
func FuzzSegment(f *testing.F) {
	d := newFaultDisk()
	l := mustOpen(f, d)
	fillLog(f, l.Partition(1), 1, 3, 50)
	must(f, l.Partition(1).DeleteRange(1, 1))
	must(f, l.Partition(1).Set([]byte("k"), []byte("v")))
	at := l.at
	must(f, l.close())
	f.Add(d.names[filepath.Join("log", segmentName(1))].content[:at])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		d := newFaultDisk()
		d.names[filepath.Join("log", segmentName(1))] = &faultFile{disk: d, content: content}
		l, err := openLog(d, "log", testSegment, func(error) {})
		if err != nil {
			return
		}
		defer l.close()
		v := l.Partition(1)
		first, _ := v.FirstIndex()
		last, _ := v.LastIndex()
		for i := first; first > 0 && i <= last; i++ {
			var e raft.Log
			if err := v.GetLog(i, &e); err != nil {
				t.Fatalf("entry %d of %d to %d: %v", i, first, last, err)
			}
		}
	})
}

// FuzzUnpack unpacks an arbitrary stream of a state: an error or files inside the folder, never a
// panic.
func FuzzUnpack(f *testing.F) {
	dir := f.TempDir()
	must(f, os.WriteFile(filepath.Join(dir, "CURRENT"), []byte("content"), 0o644))
	l := mustOpen(f, newFaultDisk())
	f.Cleanup(func() { must(f, l.close()) })
	r, size, err := pack(dir, l.Partition(1), 0)
	must(f, err)
	var b bytes.Buffer
	if n, err := b.ReadFrom(r); err != nil || n != size {
		f.Fatalf("the stream has %d bytes %v, announced were %d", n, err, size)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, stream []byte) {
		out := filepath.Join(t.TempDir(), "in", "state")
		if err := unpack(bytes.NewReader(stream), out); err != nil {
			return
		}
		beside, err := os.ReadDir(filepath.Dir(out))
		if err != nil || len(beside) != 1 {
			t.Fatalf("files beside the folder: %v %v", beside, err)
		}
	})
}

// FuzzNote reads an arbitrary note of a state.
func FuzzNote(f *testing.F) {
	f.Add(note{3, 2, raft.Configuration{Servers: []raft.Server{{ID: "0-a", Address: "x"}}}}.append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := parseNote(b)
		if err == nil && len(b) > 0 && n.term == 0 && b[1] != 0 {
			t.Fatal("the term was lost")
		}
	})
}

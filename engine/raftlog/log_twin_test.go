package raftlog

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/hashicorp/raft"
	"pgregory.net/rapid"
)

// TestLogEqualsItsTwin drives several partitions with random operations and power losses, also in
// the middle of a write, and compares everything with plain slices and maps.
func TestLogEqualsItsTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tw := &logTwin{disk: newFaultDisk(), parts: map[uint16]*partTwin{}}
		for p := range uint16(3) {
			tw.parts[p] = &partTwin{first: 1, stable: map[string]string{}}
		}
		tw.open(t)
		defer func() { tw.log.close() }()
		t.Repeat(map[string]func(*rapid.T){
			"":        tw.check,
			"append":  func(t *rapid.T) { tw.step(t, tw.drawAppend(t)) },
			"append2": func(t *rapid.T) { tw.step(t, tw.drawAppend(t)) },
			"hide":    func(t *rapid.T) { tw.step(t, tw.drawHide(t)) },
			"cut":     func(t *rapid.T) { tw.step(t, tw.drawCut(t)) },
			"reset":   func(t *rapid.T) { tw.step(t, tw.drawReset(t)) },
			"set":     func(t *rapid.T) { tw.step(t, tw.drawSet(t)) },
			"keep":    tw.keep,
			"crash":   tw.crash,
		})
	})
}

type logTwin struct {
	disk  *faultDisk
	log   *Log
	parts map[uint16]*partTwin
}

// partTwin is what raft must see of a partition.
type partTwin struct {
	first   uint64 // index of entries[0]
	entries []string
	stable  map[string]string
}

func (p *partTwin) last() uint64 { return p.first + uint64(len(p.entries)) - 1 }

// operation is a change of the log and the same change of the twin.
type operation struct {
	real func() error
	twin func()
}

func (tw *logTwin) open(t *rapid.T) {
	l, err := openLog(tw.disk, "log", 4<<10, func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	tw.log = l
}

// step does an operation; sometimes the disk fails in it, and the process starts again. What was
// not acknowledged may be there or not.
func (tw *logTwin) step(t *rapid.T, op operation) {
	if !rapid.Bool().Draw(t, "fails") || rapid.IntRange(0, 3).Draw(t, "rarely") > 0 {
		if err := op.real(); err != nil {
			t.Fatal(err)
		}
		op.twin()
		return
	}
	tw.disk.mu.Lock()
	if rapid.Bool().Draw(t, "in the write") {
		tw.disk.onWrite = func(int) error { return errIO }
	} else {
		tw.disk.onSync = func(int) error { return errIO }
	}
	tw.disk.mu.Unlock()
	if err := op.real(); err == nil {
		op.twin()
	}
	tw.crash(t)
	if tw.differs() != "" {
		op.twin()
	}
}

func (tw *logTwin) crash(t *rapid.T) {
	tw.log.close()
	tw.disk = tw.disk.crash(func() bool { return rapid.Bool().Draw(t, "kept") })
	tw.open(t)
}

func (tw *logTwin) check(t *rapid.T) {
	if d := tw.differs(); d != "" {
		t.Fatal(d)
	}
}

func (tw *logTwin) differs() string {
	for id, p := range tw.parts {
		v := tw.log.Partition(id)
		first, _ := v.FirstIndex()
		last, _ := v.LastIndex()
		wantFirst, wantLast := p.first, p.last()
		if len(p.entries) == 0 {
			wantFirst, wantLast = 0, 0
		}
		if first != wantFirst || last != wantLast {
			return fmt.Sprintf("partition %d: %d to %d, want %d to %d", id, first, last, wantFirst, wantLast)
		}
		for i, want := range p.entries {
			var e raft.Log
			if err := v.GetLog(p.first+uint64(i), &e); err != nil || string(e.Data) != want {
				return fmt.Sprintf("partition %d entry %d: %q %v, want %q", id, p.first+uint64(i), e.Data, err, want)
			}
		}
		for k, want := range p.stable {
			if got, err := v.Get([]byte(k)); err != nil || string(got) != want {
				return fmt.Sprintf("partition %d value %s: %q %v, want %q", id, k, got, err, want)
			}
		}
	}
	return ""
}

func (tw *logTwin) draw(t *rapid.T) (uint16, *partTwin) {
	id := rapid.Uint16Range(0, 2).Draw(t, "partition")
	return id, tw.parts[id]
}

func (tw *logTwin) drawAppend(t *rapid.T) operation {
	id, p := tw.draw(t)
	var logs []*raft.Log
	var texts []string
	for i := range rapid.IntRange(1, 4).Draw(t, "entries") {
		text := fmt.Sprintf("%d/%d %s", id, i, bytes.Repeat([]byte("."), rapid.IntRange(0, 1500).Draw(t, "size")))
		texts = append(texts, text)
		logs = append(logs, &raft.Log{Index: p.last() + 1 + uint64(i), Data: []byte(text)})
	}
	return operation{
		func() error { return tw.log.Partition(id).StoreLogs(logs) },
		func() { p.entries = append(p.entries, texts...) },
	}
}

func (tw *logTwin) drawHide(t *rapid.T) operation {
	id, p := tw.draw(t)
	n := rapid.IntRange(0, len(p.entries)).Draw(t, "entries")
	first := p.first
	return operation{
		func() error { return tw.log.Partition(id).DeleteRange(first, first+uint64(n)-1) },
		func() { p.first += uint64(n); p.entries = p.entries[n:] },
	}
}

func (tw *logTwin) drawCut(t *rapid.T) operation {
	id, p := tw.draw(t)
	n := 0
	if len(p.entries) > 1 {
		n = rapid.IntRange(0, len(p.entries)-1).Draw(t, "entries")
	}
	last := p.last()
	return operation{
		func() error {
			if n == 0 {
				return nil
			}
			return tw.log.Partition(id).DeleteRange(last-uint64(n)+1, last)
		},
		func() { p.entries = p.entries[:len(p.entries)-n] },
	}
}

func (tw *logTwin) drawReset(t *rapid.T) operation {
	id, p := tw.draw(t)
	index := p.last() + rapid.Uint64Range(0, 9).Draw(t, "ahead")
	return operation{
		func() error { return tw.log.Partition(id).Reset(index) },
		func() { p.first, p.entries = index+1, nil },
	}
}

func (tw *logTwin) drawSet(t *rapid.T) operation {
	id, p := tw.draw(t)
	key, value := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key"), rapid.StringN(0, 3, 9).Draw(t, "value")
	return operation{
		func() error { return tw.log.Partition(id).Set([]byte(key), []byte(value)) },
		func() { p.stable[key] = value },
	}
}

func (tw *logTwin) keep(t *rapid.T) {
	id, p := tw.draw(t)
	if err := tw.log.Partition(id).Keep(rapid.Uint64Range(0, p.last()+1).Draw(t, "keep")); err != nil {
		t.Fatal(err)
	}
}

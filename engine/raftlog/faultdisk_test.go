package raftlog

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"sort"
	"sync"
)

// faultDisk is a file system in memory that knows what a loss of power may lose: writes since the
// last sync of their file, sector by sector, and changes of names since the last sync of the folder.
type faultDisk struct {
	mu      sync.Mutex
	names   map[string]*faultFile
	durable map[string]*faultFile
	changes []func(map[string]*faultFile)
	writes  int               // so far
	syncs   int               // so far
	onWrite func(n int) error // an error makes the n-th write fail half way
	onSync  func(n int) error
	free    uint64
}

type faultFile struct {
	disk    *faultDisk
	content []byte
	durable []byte
	pending []pendingWrite
}

type pendingWrite struct {
	at   int64
	data []byte
}

const sector = 512

var errIO = errors.New("input/output error")

func newFaultDisk() *faultDisk {
	return &faultDisk{names: map[string]*faultFile{}, durable: map[string]*faultFile{}, free: 1 << 40}
}

// crash is the disk after a loss of power; keep decides the fate of each thing that was not synced.
func (d *faultDisk) crash(keep func() bool) *faultDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	names := map[string]*faultFile{}
	for name, f := range d.durable {
		names[name] = f
	}
	for _, change := range d.changes {
		if !keep() {
			break // a journal keeps their order
		}
		change(names)
	}
	after := newFaultDisk()
	all := make([]string, 0, len(names))
	for name := range names {
		all = append(all, name)
	}
	sort.Strings(all)
	for _, name := range all {
		f := names[name]
		content := append([]byte(nil), f.durable...)
		for _, w := range f.pending {
			for from := 0; from < len(w.data); {
				to := min(len(w.data), from+sector-int(w.at+int64(from))%sector)
				if keep() {
					content = writeAt(content, w.data[from:to], w.at+int64(from))
				}
				from = to
			}
		}
		g := &faultFile{disk: after, content: content, durable: append([]byte(nil), content...)}
		after.names[name], after.durable[name] = g, g
	}
	return after
}

func writeAt(content, data []byte, at int64) []byte {
	if need := int(at) + len(data); need > len(content) {
		content = append(content, make([]byte, need-len(content))...)
	}
	copy(content[at:], data)
	return content
}

func (d *faultDisk) MkdirAll(string) error { return nil }

func (d *faultDisk) List(dir string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []string
	for name := range d.names {
		if filepath.Dir(name) == dir {
			names = append(names, filepath.Base(name))
		}
	}
	sort.Strings(names)
	return names, nil
}

func (d *faultDisk) change(do func(map[string]*faultFile)) {
	do(d.names)
	d.changes = append(d.changes, do)
}

func (d *faultDisk) Open(name string) (File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.names[name]
	if f == nil {
		f = &faultFile{disk: d}
		d.change(func(m map[string]*faultFile) { m[name] = f })
	}
	return f, nil
}

func (d *faultDisk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.names[from]
	if f == nil {
		return fs.ErrNotExist
	}
	d.change(func(m map[string]*faultFile) { m[to] = f; delete(m, from) })
	return nil
}

func (d *faultDisk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.change(func(m map[string]*faultFile) { delete(m, name) })
	return nil
}

func (d *faultDisk) SyncDir(string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.durable, d.changes = map[string]*faultFile{}, nil
	for name, f := range d.names {
		d.durable[name] = f
	}
	return nil
}

func (d *faultDisk) Free(string) (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.free, nil
}

func (f *faultFile) ReadAt(b []byte, at int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if at >= int64(len(f.content)) {
		return 0, io.EOF
	}
	n := copy(b, f.content[at:])
	if n < len(b) {
		return n, io.ErrUnexpectedEOF
	}
	return n, nil
}

func (f *faultFile) WriteAt(b []byte, at int64) (int, error) {
	d := f.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	var err error
	if d.onWrite != nil {
		if err = d.onWrite(d.writes); err != nil {
			b = b[:len(b)/2]
		}
	}
	f.content = writeAt(f.content, b, at)
	f.pending = append(f.pending, pendingWrite{at, append([]byte(nil), b...)})
	return len(b), err
}

func (f *faultFile) Sync() error {
	d := f.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	d.syncs++
	if d.onSync != nil {
		if err := d.onSync(d.syncs); err != nil {
			// As Linux does: the pages are marked clean, and the next fsync lies.
			f.content = append([]byte(nil), f.durable...)
			f.pending = nil
			return err
		}
	}
	for _, w := range f.pending {
		f.durable = writeAt(f.durable, w.data, w.at)
	}
	f.pending = nil
	return nil
}

func (f *faultFile) Size() (int64, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	return int64(len(f.content)), nil
}

func (f *faultFile) Truncate(size int64) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.content = f.content[:size]
	f.durable = f.durable[:min(int(size), len(f.durable))]
	return nil
}

func (f *faultFile) Close() error { return nil }

package raftlog

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
)

// power is a fault disk whose power fails at an operation. Nothing happens to the disk afterwards.
type power struct {
	*faultDisk
	mu    sync.Mutex
	left  int // operations until the cut; 0 is never
	dice  *rand.Rand
	off   chan struct{}
	at    string     // the operation that was cut
	after *faultDisk // what is left
}

var errPower = errors.New("the power is off")

// step does an operation, unless the power is off or goes off now: then nobody learns whether it was done.
func (p *power) step(what string, do func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.after != nil {
		return errPower
	}
	if p.left--; p.left != 0 {
		return do()
	}
	if p.dice.IntN(2) == 0 {
		_ = do() // done, and nobody is told
	}
	kept := []int{0, 1, 50, 99, 100}[p.dice.IntN(5)] // percent of what was not synced
	p.after = p.crash(func() bool { return p.dice.IntN(100) < kept })
	p.at = what
	close(p.off)
	return errPower
}

func (p *power) Rename(from, to string) error {
	return p.step("rename", func() error { return p.faultDisk.Rename(from, to) })
}

func (p *power) Remove(name string) error {
	return p.step("remove", func() error { return p.faultDisk.Remove(name) })
}

func (p *power) SyncDir(dir string) error {
	return p.step("sync of the folder", func() error { return p.faultDisk.SyncDir(dir) })
}

func (p *power) Open(name string) (f File, err error) {
	err = p.step("open", func() error {
		f, err = p.faultDisk.Open(name)
		f = poweredFile{f, p}
		return err
	})
	return f, err
}

type poweredFile struct {
	File
	power *power
}

func (f poweredFile) WriteAt(b []byte, at int64) (n int, err error) {
	err = f.power.step("write", func() error {
		n, err = f.File.WriteAt(b, at)
		return err
	})
	return n, err
}

func (f poweredFile) Sync() error { return f.power.step("sync", f.File.Sync) }

func (f poweredFile) Truncate(size int64) error {
	return f.power.step("truncate", func() error { return f.File.Truncate(size) })
}

func (h *house) stateDir() string { return filepath.Join(h.data, "partitions", "1", "state") }

func (h *house) savedDir() string { return filepath.Join(h.data, "saved") }

// saveState copies the state as it is on disk now, while it is still in use: until the list of the tables that count
// (MANIFEST) has not changed meanwhile, so that none of them is missing; one too many is dropped by RocksDB.
func (h *house) saveState() {
	for before := h.manifests(); ; {
		h.copyState()
		after := h.manifests()
		if after == before {
			return
		}
		before = after
	}
}

func (h *house) manifests() (content string) {
	files, err := filepath.Glob(filepath.Join(h.stateDir(), "MANIFEST-*"))
	must(h.t, err)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if !errors.Is(err, fs.ErrNotExist) {
			must(h.t, err)
		}
		content += name + string(text)
	}
	return content
}

func (h *house) copyState() {
	must(h.t, os.RemoveAll(h.savedDir()))
	if _, err := os.Stat(h.stateDir()); errors.Is(err, fs.ErrNotExist) {
		return
	}
	must(h.t, os.MkdirAll(h.savedDir(), 0o755))
	h.linkTables()
	for _, pattern := range []string{"CURRENT", "MANIFEST-*", "OPTIONS-*", "IDENTITY"} {
		files, err := filepath.Glob(filepath.Join(h.stateDir(), pattern))
		must(h.t, err)
		for _, name := range files {
			content, err := os.ReadFile(name)
			if errors.Is(err, fs.ErrNotExist) {
				continue // an older one that was just replaced
			}
			must(h.t, err)
			must(h.t, os.WriteFile(filepath.Join(h.savedDir(), filepath.Base(name)), content, 0o600))
		}
	}
	h.linkTables()
}

// linkTables links the tables of the state; they never change once they count.
func (h *house) linkTables() {
	tables, err := filepath.Glob(filepath.Join(h.stateDir(), "*.sst"))
	must(h.t, err)
	for _, name := range tables {
		err := os.Link(name, filepath.Join(h.savedDir(), filepath.Base(name)))
		if err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrNotExist) {
			h.t.Fatal(err)
		}
	}
}

// restoreState puts the saved state in place of what the life made of it after its power was cut.
func (h *house) restoreState() {
	must(h.t, os.RemoveAll(h.stateDir()))
	if _, err := os.Stat(h.savedDir()); err == nil {
		must(h.t, os.Rename(h.savedDir(), h.stateDir()))
	}
}

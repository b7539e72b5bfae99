package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

const (
	// partSize bounds the objects of a file: large enough for a store's throughput, small enough that a part
	// that failed costs little.
	partSize = 64 << 20
	// atOnce is how many parts are on their way at the same time.
	atOnce = 4
)

// each does something with all items, some at the same time; the first error ends it.
func each[T any](ctx context.Context, items []T, do func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	room := make(chan struct{}, atOnce)
	var group sync.WaitGroup
	for _, item := range items {
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		group.Go(func() {
			defer func() { <-room }()
			if err := do(ctx, item); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

// piece is a part of a file on its way.
type piece struct {
	file   *File
	number int
	offset int64
}

// Upload copies the files of a folder into the store and writes the partition's manifest, of which it
// fills in the files. now tells the time in ms since the epoch. What a store has of the partition
// already is never replaced.
func Upload(ctx context.Context, s Store, m Manifest, dir string, now func() int64) error {
	if there, err := s.List(ctx, partitionFolder(m.ID, m.Partition)); err != nil {
		return err
	} else if len(there) > 0 {
		return fmt.Errorf("backup %d has something of partition %d already (%s)", m.ID, m.Partition, there[0])
	}
	var err error
	if m.Files, err = filesOf(dir); err != nil {
		return err
	}
	var pieces []piece
	for i := range m.Files {
		f := &m.Files[i]
		for number := range f.Parts {
			pieces = append(pieces, piece{f, number, int64(number) * partSize})
		}
	}
	err = each(ctx, pieces, func(ctx context.Context, p piece) error {
		return p.put(ctx, s, &m, dir)
	})
	if err != nil {
		return err
	}
	m.Format, m.Completed = format, now()
	return writeDocument(ctx, s, manifestName(m.ID, m.Partition), m)
}

// filesOf lists the files of a folder with their parts, whose checksums are still missing.
func filesOf(dir string) (files []File, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f := File{Name: filepath.ToSlash(relative), Size: info.Size()}
		for left := f.Size; left > 0 || len(f.Parts) == 0; left -= partSize {
			f.Parts = append(f.Parts, Part{Size: min(left, partSize)})
		}
		files = append(files, f)
		return nil
	})
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files, err
}

// put copies a part into the store and notes its checksum.
func (p piece) put(ctx context.Context, s Store, m *Manifest, dir string) error {
	in, err := os.Open(filepath.Join(dir, filepath.FromSlash(p.file.Name)))
	if err != nil {
		return err
	}
	defer in.Close()
	part := &p.file.Parts[p.number]
	content := io.NewSectionReader(in, p.offset, part.Size)
	sum := sha256.New()
	if n, err := io.Copy(sum, content); err != nil || n != part.Size {
		return errors.Join(err, fmt.Errorf("%s has %d bytes at %d instead of %d", p.file.Name, n, p.offset, part.Size))
	}
	part.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return s.Put(ctx, partName(m.ID, m.Partition, p.file.Name, p.number), content, part.Size)
}

// Download copies a partition's files from the store into a folder and verifies all of it. Errors:
// *DamagedError, which names every damaged object, and those of the store and the disk.
func Download(ctx context.Context, s Store, m *Manifest, dir string) error {
	damage := collected{}
	err := each(ctx, m.Files, func(ctx context.Context, f File) error {
		err := download(ctx, s, m, f, dir)
		if isDamage(err) { // the others are looked at too
			damage.add(err)
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	return damage.err()
}

// collected is damage found by several goroutines.
type collected struct {
	mu    sync.Mutex
	first *DamagedError
}

func (c *collected) add(err error) {
	d := (*DamagedError)(nil)
	errors.As(err, &d)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first == nil {
		c.first = d
		return
	}
	c.first.Objects = append(c.first.Objects, d.Objects...)
}

func (c *collected) err() error {
	if c.first == nil {
		return nil
	}
	return c.first
}

// download copies one file, part by part.
func download(ctx context.Context, s Store, m *Manifest, f File, dir string) error {
	local := filepath.FromSlash(f.Name)
	if !filepath.IsLocal(local) {
		return &DamagedError{Objects: []string{manifestName(m.ID, m.Partition)}, Reason: fmt.Sprintf("%q is no name of a file", f.Name)}
	}
	path := filepath.Join(dir, local)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	for number, part := range f.Parts {
		if err := fetch(ctx, s, partName(m.ID, m.Partition, f.Name, number), part, out); err != nil {
			return err
		}
	}
	return out.Close()
}

// fetch copies one part and verifies it.
func fetch(ctx context.Context, s Store, name string, part Part, out io.Writer) error {
	in, err := s.Get(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return &DamagedError{Objects: []string{name}, Reason: "it is missing"}
	}
	if err != nil {
		return err
	}
	defer in.Close()
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, sum), io.LimitReader(in, part.Size+1))
	switch {
	case err != nil:
		return err
	case n != part.Size:
		return &DamagedError{Objects: []string{name}, Reason: fmt.Sprintf("it does not have %d bytes", part.Size)}
	case hex.EncodeToString(sum.Sum(nil)) != part.SHA256:
		return &DamagedError{Objects: []string{name}, Reason: "its content does not match its checksum"}
	}
	return nil
}

// isManifest tells whether an object makes a partition complete.
func isManifest(name string) bool {
	return strings.HasSuffix(name, "/manifest.json") && strings.Count(name, "/") == 2
}

package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Folder is a store in a folder, which all nodes of a cluster share. An object is a file, written
// beside its place and moved there when it is safe on the disk.
type Folder string

// unfinished begins the names of files that are being written.
const unfinished = ".unfinished-"

// String is the path.
func (f Folder) String() string { return string(f) }

// path is the file of an object.
func (f Folder) path(name string) (string, error) {
	local := filepath.FromSlash(name)
	if !filepath.IsLocal(local) {
		return "", fmt.Errorf("%q is no name of an object", name)
	}
	return filepath.Join(string(f), local), nil
}

// Put implements Store.
func (f Folder) Put(ctx context.Context, name string, content io.ReadSeeker, size int64) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	out, err := createBeside(path)
	if err != nil {
		return err
	}
	written, err := io.Copy(out, &stopping{ctx, content})
	if err == nil && written != size {
		err = fmt.Errorf("%s has %d bytes instead of %d", name, written, size)
	}
	if err == nil {
		err = out.Sync()
	}
	if e := out.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(out.Name(), path)
	}
	if err != nil {
		os.Remove(out.Name()) //nolint:errcheck // the error before counts
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// createBeside makes a file in a folder, which Delete may just be removing because it is empty.
func createBeside(path string) (out *os.File, err error) {
	for range 100 {
		if err = makeFolders(filepath.Dir(path)); err == nil {
			out, err = os.CreateTemp(filepath.Dir(path), unfinished)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return out, err
}

// stopping ends reading with the context.
type stopping struct {
	ctx context.Context
	in  io.Reader
}

func (s *stopping) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.in.Read(b)
}

// makeFolders makes a folder and those above it that are missing, so that they outlive a crash.
func makeFolders(dir string) error {
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := makeFolders(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(parent)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Get implements Store.
func (f Folder) Get(_ context.Context, name string) (io.ReadCloser, error) {
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	in, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	return in, err
}

// List implements Store.
func (f Folder) List(ctx context.Context, prefix string) (names []string, err error) {
	// Only the folder that the prefix names is walked: a store holds many files.
	dir := filepath.Join(string(f), filepath.FromSlash(prefix[:strings.LastIndexByte(prefix, '/')+1]))
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // removed meanwhile, or nothing is there yet
			return nil
		}
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), unfinished) {
			return errors.Join(err, ctx.Err())
		}
		relative, err := filepath.Rel(string(f), path)
		if err != nil {
			return err
		}
		if name := filepath.ToSlash(relative); strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
		return ctx.Err()
	})
	slices.Sort(names)
	return names, err
}

// Folders implements Store.
func (f Folder) Folders(context.Context) (names []string, err error) {
	entries, err := os.ReadDir(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// Delete implements Store. Folders that become empty go too.
func (f Folder) Delete(_ context.Context, name string) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for dir := filepath.Dir(path); dir != string(f); dir = filepath.Dir(dir) {
		if os.Remove(dir) != nil { // it is not empty
			return syncExisting(dir)
		}
	}
	return syncExisting(string(f))
}

// syncExisting makes a removal safe, unless the folder went meanwhile too.
func syncExisting(dir string) error {
	if err := syncFolder(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

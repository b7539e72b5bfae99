// Package storetest says what every store of backups must do.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/payhub/payhub/engine/backup"
)

// Conform checks an empty store, which is empty again afterwards.
func Conform(t *testing.T, s backup.Store) {
	t.Helper()
	c := conformance{t, s}
	c.list("", nil)
	c.folders(nil)
	c.missing("7/cluster.json")

	c.put("7/cluster.json", "one")
	c.put("7/1/data/state/000012.sst", strings.Repeat("payment ", 100_000))
	c.put("7/1/data/empty", "")
	c.put("7/10/manifest.json", "ten")
	c.put("70/cluster.json", "seventy")
	c.put("7/cluster.json", "two, longer") // replaced
	c.put("7/cluster.json", "3")

	c.get("7/cluster.json", "3")
	c.get("7/1/data/empty", "")
	c.get("7/1/data/state/000012.sst", strings.Repeat("payment ", 100_000))
	c.list("7/", []string{"7/1/data/empty", "7/1/data/state/000012.sst", "7/10/manifest.json", "7/cluster.json"})
	c.list("7/1/", []string{"7/1/data/empty", "7/1/data/state/000012.sst"})
	c.list("8/", nil)
	c.folders([]string{"7", "70"})

	c.interrupted("7/1/data/broken")
	c.missing("7/1/data/broken")
	c.cancelled("7/1/data/cancelled")
	c.missing("7/1/data/cancelled")
	c.parallel()

	for range 2 { // what is not there is removed too
		for _, name := range []string{"7/cluster.json", "7/1/data/state/000012.sst", "7/1/data/empty", "7/10/manifest.json"} {
			if err := s.Delete(t.Context(), name); err != nil {
				t.Errorf("delete %s: %v", name, err)
			}
		}
	}
	c.list("7/", nil)
	c.folders([]string{"70"})
	if err := s.Delete(t.Context(), "70/cluster.json"); err != nil {
		t.Error(err)
	}
	c.list("", nil)
}

type conformance struct {
	t *testing.T
	s backup.Store
}

func (c *conformance) put(name, content string) {
	c.t.Helper()
	if err := c.s.Put(c.t.Context(), name, strings.NewReader(content), int64(len(content))); err != nil {
		c.t.Errorf("put %s: %v", name, err)
	}
}

func (c *conformance) get(name, want string) {
	c.t.Helper()
	in, err := c.s.Get(c.t.Context(), name)
	if err != nil {
		c.t.Errorf("get %s: %v", name, err)
		return
	}
	defer in.Close()
	got, err := io.ReadAll(in)
	if err != nil || !bytes.Equal(got, []byte(want)) {
		c.t.Errorf("get %s: %d bytes instead of %d, or others: %v", name, len(got), len(want), err)
	}
}

func (c *conformance) missing(name string) {
	c.t.Helper()
	in, err := c.s.Get(c.t.Context(), name)
	if err == nil {
		in.Close()
	}
	if !errors.Is(err, backup.ErrNotFound) {
		c.t.Errorf("get %s: %v instead of ErrNotFound", name, err)
	}
}

func (c *conformance) list(prefix string, want []string) {
	c.t.Helper()
	got, err := c.s.List(c.t.Context(), prefix)
	if err != nil || !slices.Equal(got, want) {
		c.t.Errorf("list %q: %v, %v; want %v", prefix, got, err, want)
	}
}

func (c *conformance) folders(want []string) {
	c.t.Helper()
	got, err := c.s.Folders(c.t.Context())
	if err != nil || !slices.Equal(got, want) {
		c.t.Errorf("folders: %v, %v; want %v", got, err, want)
	}
}

// breaking is content that cannot be read to its end.
type breaking struct{ *strings.Reader }

var errBreaks = errors.New("the disk breaks")

func (b breaking) Read(p []byte) (int, error) {
	if b.Len() < 1000 {
		return 0, errBreaks
	}
	return b.Reader.Read(p[:min(len(p), 512)])
}

// interrupted writes content that breaks: no object may come of it.
func (c *conformance) interrupted(name string) {
	c.t.Helper()
	if err := c.s.Put(c.t.Context(), name, breaking{strings.NewReader(strings.Repeat("x", 4000))}, 4000); err == nil {
		c.t.Errorf("put %s: content that broke was taken", name)
	}
	if err := c.s.Put(c.t.Context(), name, strings.NewReader("short"), 4000); err == nil {
		c.t.Errorf("put %s: content that was too short was taken", name)
	}
}

func (c *conformance) cancelled(name string) {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	cancel()
	if err := c.s.Put(ctx, name, strings.NewReader("late"), 4); err == nil {
		c.t.Errorf("put %s: taken after the end of its context", name)
	}
}

// parallel writes and removes objects beside each other, in folders that come and go.
func (c *conformance) parallel() {
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for n := range 10 {
				name, content := fmt.Sprintf("9/%d/data/%d", i%2, i*10+n), fmt.Sprint(i, n)
				c.put(name, content)
				c.get(name, content)
				if err := c.s.Delete(c.t.Context(), name); err != nil {
					c.t.Error(err)
				}
			}
		})
	}
	group.Wait()
	c.list("9/", nil)
}

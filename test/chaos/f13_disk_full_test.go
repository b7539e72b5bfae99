package chaos

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/payhub/payhub/test/chaos/disk"
	"github.com/payhub/payhub/test/chaos/fleet"
)

// The disks of nodes in this test, and what is left when they count as full: less than the node keeps free.
const (
	diskSize  = 256 << 20
	diskLeft  = 24 << 20
	diskKeeps = "64" // MiB
)

// TestF13DiskFull fills the disk of one node and then of all. What a full disk cannot take is refused; metrics and health are
// there all the time, and everything goes on by itself once there is room.
func TestF13DiskFull(t *testing.T) {
	onlyLong(t)
	disks := map[*fleet.Node]*disk.Small{}
	a := enter(t, form{settings: map[string]string{"engine.disk.minFreeMiB": diskKeeps}, before: func(a *arena) {
		for _, n := range a.cluster.Nodes {
			a.must(os.MkdirAll(n.Data(), 0o755))
			small, err := disk.Mount(n.Data(), diskSize)
			if err != nil {
				a.Skip(err)
			}
			a.Cleanup(func() {
				if err := small.Unmount(); err != nil {
					a.Error(err)
				}
			})
			disks[n] = small
		}
	}})
	a.calm(2 * time.Second)
	for i := range rounds(t, 2, 8) {
		full := []*fleet.Node{a.leader(1 + i%3)}
		if i%2 == 1 {
			full = a.cluster.Nodes
		}
		a.harm(fmt.Sprintf("the disks of %d nodes are full", len(full)), func() error {
			var errs []error
			for _, n := range full {
				errs = append(errs, disks[n].Fill(diskLeft))
			}
			return errors.Join(errs...)
		})
		a.calm(4 * time.Second)
		for _, n := range full {
			a.tells(n, "/metrics")
			a.tells(n, "/health/live")
		}
		for _, n := range full {
			a.must(disks[n].Clear())
		}
		took := eventually(t, 30*time.Second, "writes are committed again", func() bool { return a.goesOn(2 * time.Second) })
		a.note = fmt.Sprintf("went on %s after there was room", took.Round(10*time.Millisecond))
		a.calm(time.Second)
	}
	a.settle("F13 disk full")
}

// tells expects that a node's management listener answers.
func (a *arena) tells(n *fleet.Node, path string) {
	a.Helper()
	request, err := http.NewRequestWithContext(a.ctx, http.MethodGet, "http://"+n.Management+path, nil)
	a.must(err)
	response, err := (&http.Client{Timeout: 2 * time.Second}).Do(request)
	if err != nil {
		a.Errorf("node %d: %s: %v", n.ID, path, err)
		return
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		a.Errorf("node %d: %s: %d, %v", n.ID, path, response.StatusCode, err)
	}
}

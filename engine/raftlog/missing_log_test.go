package raftlog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A node that is alone refuses to start with a state that its log does not lead to: what was acknowledged after the
// last flush was only in the log.
func TestAMissingLogIsRefused(t *testing.T) {
	data := t.TempDir()
	r := start(t, data, quiet())
	r.put(t, "a", "1")
	must(t, r.Snapshot())
	r.stop(t)
	segments, err := filepath.Glob(filepath.Join(data, "log", "*"))
	must(t, err)
	if len(segments) == 0 {
		t.Fatal("no segments")
	}
	for _, segment := range segments {
		must(t, os.RemoveAll(segment))
	}
	node, err := OpenNode(data, NodeOptions{SegmentBytes: 1 << 20})
	must(t, err)
	if _, err := node.OpenReplica(quiet()); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Fatalf("got %v", err)
	}
	must(t, node.Close())
}

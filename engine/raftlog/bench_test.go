package raftlog

import (
	"math"
	"testing"

	"github.com/payhub/payhub/engine/record"
)

// BenchmarkPropose is one batch after the other through log, fsync and state.
func BenchmarkPropose(b *testing.B) {
	for name, size := range map[string]int{"300 B": 300, "64 KiB": 64 << 10} {
		b.Run(name, func(b *testing.B) {
			c := quiet()
			c.SnapshotBytes = 64 << 20
			n, err := OpenNode(b.TempDir(), NodeOptions{})
			must(b, err)
			r, err := n.OpenReplica(c)
			must(b, err)
			run := &running{node: n, Replica: r}
			run.lead(b)
			must(b, r.SetExportLimit(math.MaxUint64))
			batch := record.Batch{Rows: []record.Row{{Op: record.RowPut, Key: []byte("a1"), Value: make([]byte, size)}}}
			entry := batch.Append(nil)
			b.SetBytes(int64(len(entry)))
			b.ReportAllocs()
			for b.Loop() {
				must(b, r.Propose(run.term, entry, batch.Rows))
			}
			b.ReportMetric(float64(n.Log().Stats().Segments), "segments")
			run.stop(b)
		})
	}
}

package check

import "github.com/payhub/payhub/engine/record"

// replicas proves I8: at the same index every replica has the same hash, and it is the log's; and the same rows.
type replicas struct {
	deaf
	j      *Judge
	hashes map[indexOf][record.HashSize]byte // of the log
	last   map[int32]indexed                 // hash after the last effective entry
	rows   map[indexOf]rowsOf
}

// indexOf is a log index of a partition.
type indexOf struct {
	partition int32
	index     uint64
}

type indexed struct {
	hash  [record.HashSize]byte
	index uint64
}

// rowsOf is the first checksum of rows that a node gave for an index.
type rowsOf struct {
	node int
	sum  [record.HashSize]byte
}

func newReplicas(j *Judge) *replicas {
	return &replicas{j: j, hashes: map[indexOf][record.HashSize]byte{}, last: map[int32]indexed{}, rows: map[indexOf]rowsOf{}}
}

func (k *replicas) committed(e *Entry) {
	last := k.last[e.Partition]
	if e.effective() {
		last.hash = e.Batch.Hash
	}
	last.index = e.Index
	k.last[e.Partition] = last
	k.hashes[indexOf{e.Partition, e.Index}] = last.hash
}

func (k *replicas) applied(node int, partition int32, index uint64, hash [record.HashSize]byte) {
	at := where{partition: partition}
	want, known := k.hashes[indexOf{partition, index}]
	switch {
	case !known:
		k.j.blame(RuleReplicas, at, "node %d applied index %d, which is not committed", node, index)
	case hash != want:
		k.j.blame(RuleReplicas, at, "node %d has the hash %x at index %d, the log has %x", node, hash[:8], index, want[:8])
	}
}

func (k *replicas) compared(node int, partition int32, index uint64, rows [record.HashSize]byte) {
	i := indexOf{partition, index}
	first, known := k.rows[i]
	if !known {
		k.rows[i] = rowsOf{node, rows}
		return
	}
	if first.sum != rows {
		k.j.blame(RuleReplicas, where{partition: partition}, "at index %d the rows of node %d (%x) differ from those of node %d (%x)",
			index, node, rows[:8], first.node, first.sum[:8])
	}
}

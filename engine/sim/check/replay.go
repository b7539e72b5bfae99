package check

import (
	"bytes"
	"slices"

	"github.com/payhub/payhub/engine/record"
)

// replay proves I9: it makes the state from nothing by the rows of the committed batches, and compares it with what every
// replica has, whatever snapshots and flushes that went through. A row that is inserted must not be there.
type replay struct {
	deaf
	j    *Judge
	made map[int32]*made
}

// made is the state of a partition as the log makes it.
type made struct {
	rows map[string][]byte
	sum  RowSum
	sums map[uint64][record.HashSize]byte // by index
}

func newReplay(j *Judge) *replay { return &replay{j: j, made: map[int32]*made{}} }

func (k *replay) committed(e *Entry) {
	m := k.made[e.Partition]
	if m == nil {
		m = &made{rows: map[string][]byte{}, sums: map[uint64][record.HashSize]byte{}}
		k.made[e.Partition] = m
	}
	if e.effective() {
		for _, row := range e.Batch.Rows {
			m.apply(k.j, e, row)
		}
		m.apply(k.j, e, record.Row{Op: record.RowPut, Key: []byte(record.HashRowKey), Value: e.Batch.Hash[:]})
	}
	m.sums[e.Index] = m.sum.Sum()
}

// apply does one change.
func (m *made) apply(j *Judge, e *Entry, row record.Row) {
	before, there := m.rows[string(row.Key)]
	if there && row.Op == record.RowInsert {
		j.blame(RuleReplay, where{partition: e.Partition, position: e.Batch.FirstPosition},
			"index %d inserts the row %x, which is there already", e.Index, row.Key)
	}
	if there {
		m.sum.Remove(row.Key, before)
		delete(m.rows, string(row.Key))
	}
	if row.Op != record.RowDelete {
		m.rows[string(row.Key)] = row.Value
		m.sum.Add(row.Key, row.Value)
	}
}

func (k *replay) compared(node int, partition int32, index uint64, rows [record.HashSize]byte) {
	m := k.made[partition]
	if m == nil {
		return
	}
	want, known := m.sums[index]
	if !known || want == rows {
		return
	}
	k.j.blame(RuleReplay, where{partition: partition}, "node %d has other rows at index %d than the log makes%s", node, index, k.difference(m, node, partition, want))
}

// maxDifferences bounds how many rows a report names.
const maxDifferences = 3

// difference names rows that differ, if the replica can still be asked and the log has not gone on since.
func (k *replay) difference(m *made, node int, partition int32, want [record.HashSize]byte) string {
	if k.j.options.Rows == nil || m.sum.Sum() != want {
		return ""
	}
	seen, different := map[string]bool{}, []string(nil)
	k.j.options.Rows(node, partition, func(key, value []byte) {
		seen[string(key)] = true
		if mine, there := m.rows[string(key)]; !there {
			different = append(different, sprintf("%x is too many", key))
		} else if !bytes.Equal(mine, value) {
			different = append(different, sprintf("%x is %x, not %x", key, value, mine))
		}
	})
	for key := range m.rows {
		if !seen[key] {
			different = append(different, sprintf("%x is missing", key))
		}
	}
	slices.Sort(different)
	text := sprintf(" (%d rows differ", len(different))
	for _, d := range different[:min(len(different), maxDifferences)] {
		text += "; " + d
	}
	return text + ")"
}

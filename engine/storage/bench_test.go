package storage

import (
	"encoding/binary"
	"path/filepath"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/record"
)

// BenchmarkApplyShortLived is a row that is created, changed and deleted before a flush.
func BenchmarkApplyShortLived(b *testing.B) {
	s := open(b, filepath.Join(b.TempDir(), "state"), Options{Ordered: ordered})
	defer closeStore(b, s)
	value := make([]byte, 200)
	key := make([]byte, 9)
	key[0] = 'z'
	index := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		index++
		binary.BigEndian.PutUint64(key[1:], index)
		s.Apply(index, []record.Row{
			{Op: record.RowInsert, Key: key, Value: value},
			{Op: record.RowPut, Key: key, Value: value},
			{Op: record.RowDelete, Key: key},
		})
	}
}

// loaded is a store with n rows of 200 bytes on disk, in the ordered table 'a'.
func loaded(b *testing.B, n int) *Store {
	s := open(b, filepath.Join(b.TempDir(), "state"), Options{Ordered: ordered, FlushInterval: time.Hour})
	value := make([]byte, 200)
	rows := make([]record.Row, 100)
	for i := 0; i < n; i += len(rows) {
		for j := range rows {
			rows[j] = record.Row{Op: record.RowInsert, Key: benchKey(i + j), Value: value}
		}
		s.Apply(uint64(i+1), rows)
	}
	if err := s.Flush(); err != nil {
		b.Fatal(err)
	}
	return s
}

func benchKey(i int) []byte {
	return binary.BigEndian.AppendUint64([]byte{'a'}, uint64(i)*2654435761%(1<<40))
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		closeStore(b, loaded(b, 1_000_000))
	}
}

func BenchmarkGetCold(b *testing.B) {
	s := loaded(b, 1_000_000)
	defer closeStore(b, s)
	i := 0
	for b.Loop() {
		i += 7919
		if _, ok := s.Get(benchKey(i % 1_000_000)); !ok {
			b.Fatal("a row is missing")
		}
	}
}

func BenchmarkScanTenOfDisk(b *testing.B) {
	s := loaded(b, 1_000_000)
	defer closeStore(b, s)
	i := 0
	for b.Loop() {
		i += 7919
		n := 0
		s.Scan(benchKey(i%1_000_000), nil, func(_, _ []byte) bool { n++; return n < 10 })
	}
}

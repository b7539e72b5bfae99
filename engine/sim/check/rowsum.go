package check

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/payhub/payhub/engine/record"
)

// RowSum is a checksum of a set of rows that does not depend on their order and can be kept up to date row by row. The zero
// RowSum is that of no rows. It is the checksum that History.Compared is given.
type RowSum [4]uint64

// Add adds a row that is not in the set.
func (s *RowSum) Add(key, value []byte) {
	for i, lane := range lanes(key, value) {
		s[i] += lane
	}
}

// Remove takes a row out that is in the set.
func (s *RowSum) Remove(key, value []byte) {
	for i, lane := range lanes(key, value) {
		s[i] -= lane
	}
}

// Sum gives the checksum as bytes.
func (s *RowSum) Sum() (sum [record.HashSize]byte) {
	for i, lane := range s {
		binary.LittleEndian.PutUint64(sum[i*8:], lane)
	}
	return sum
}

// lanes are the four numbers that stand for a row.
func lanes(key, value []byte) (l [4]uint64) {
	var small [256]byte
	text := binary.AppendUvarint(small[:0], uint64(len(key)))
	text = append(append(text, key...), value...)
	sum := sha256.Sum256(text)
	for i := range l {
		l[i] = binary.LittleEndian.Uint64(sum[i*8:])
	}
	return l
}

package state

import "encoding/binary"

// rowKey is a row's key under construction. Numbers are big-endian with the sign bit turned, so
// that bytes sort as numbers do; texts carry their length, so that no text is another's prefix.
type rowKey []byte

func (k rowKey) num(n int64) rowKey {
	return binary.BigEndian.AppendUint64(k, uint64(n)^1<<63)
}

func (k rowKey) text(s string) rowKey {
	k = binary.BigEndian.AppendUint32(k, uint32(len(s)))
	return append(k, s...)
}

// num reads a number at the end of a row's key.
func lastNum(key []byte) int64 {
	return int64(binary.BigEndian.Uint64(key[len(key)-8:]) ^ 1<<63)
}

// numAt reads a number in a row's key.
func numAt(key []byte, at int) int64 {
	return int64(binary.BigEndian.Uint64(key[at:]) ^ 1<<63)
}

// after is the smallest key that no key with this prefix reaches.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

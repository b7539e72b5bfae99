package record

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// RowOp tells what happens to a row of the state.
type RowOp uint8

// The row operations. Insert promises that the key is not there, neither in memory nor on disk,
// so that an insert and a delete close to each other leave no trace.
const (
	RowPut RowOp = iota
	RowInsert
	RowDelete
)

// Row is one change of the state. Key starts with the byte of its table; Value is nil for a
// delete. Neither may be changed by anyone.
type Row struct {
	Op    RowOp
	Key   []byte
	Value []byte
}

// HashSize is the size of a batch's hash.
const HashSize = sha256.Size

// Batch is one log entry: what one decision recorded, the rows it changed, and what it sends.
type Batch struct {
	// Now is the time of the decision in milliseconds since the Unix epoch.
	Now int64
	// FirstPosition is the position of the first record, or the next free one if there is none.
	FirstPosition int64
	// Previous is the hash of the batch before this one, all zero for the first.
	Previous [HashSize]byte
	Records  []Record
	Rows     []Row
	Sends    []Send
	// Hash is the hash of the batch's content, Previous included: set by Append and DecodeBatch.
	// Replicas that agree on it agree on everything before it.
	Hash [HashSize]byte
}

// HashRowKey is the key of the row that holds the hash of the last applied batch. Its table is 0.
const HashRowKey = "\x00hash"

// batchVersion is the first byte of a coded batch. A version that is not known is refused; version
// 1, whose sends had no numbers, is read.
const batchVersion = 2

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Errors of DecodeBatch.
var (
	// ErrBatchDamaged means that the bytes are not what was written.
	ErrBatchDamaged = errors.New("record: the batch is damaged: its checksum does not match")
	// ErrBatchVersion means that a newer payhub wrote the batch.
	ErrBatchVersion = errors.New("record: the batch has a format that this version does not know")
)

// Append appends the coded batch to dst: version, checksum of what follows, content, hash of the
// content.
func (b *Batch) Append(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, batchVersion, 0, 0, 0, 0)
	c := NewEncoder(dst)
	b.fields(&c, batchVersion)
	dst = c.Bytes()
	b.Hash = sha256.Sum256(dst[start+5:])
	dst = append(dst, b.Hash[:]...)
	binary.LittleEndian.PutUint32(dst[start+1:], crc32.Checksum(dst[start+5:], castagnoli))
	return dst
}

// DecodeBatch reads a coded batch whole. The result points into src, which must never change.
func DecodeBatch(src []byte) (*Batch, error) {
	c, err := open(src)
	if err != nil {
		return nil, err
	}
	b := &Batch{}
	copy(b.Hash[:], src[len(src)-HashSize:])
	b.fields(&c, src[0])
	if c.err == nil && len(c.buf) > 0 {
		c.Fail("%d bytes follow the batch", len(c.buf))
	}
	if c.err != nil {
		return nil, c.err
	}
	return b, nil
}

// DecodeRows reads only the rows of a coded batch, which is all that a state machine needs to
// apply it, and the row of the batch's hash. The rows point into src.
func DecodeRows(src []byte) ([]Row, error) {
	c, err := open(src)
	if err != nil {
		return nil, err
	}
	b := Batch{}
	b.head(&c)
	rows(&c, &b.Rows)
	return append(b.Rows, Row{Op: RowPut, Key: []byte(HashRowKey), Value: src[len(src)-HashSize:]}), c.err
}

// open checks version and checksum and gives a decoder of the content.
func open(src []byte) (Codec, error) {
	if len(src) < 5+HashSize {
		return Codec{}, ErrBatchDamaged
	}
	if src[0] < 1 || src[0] > batchVersion {
		return Codec{}, fmt.Errorf("%w: %d", ErrBatchVersion, src[0])
	}
	if crc32.Checksum(src[5:], castagnoli) != binary.LittleEndian.Uint32(src[1:]) {
		return Codec{}, ErrBatchDamaged
	}
	return NewDecoder(src[5 : len(src)-HashSize]), nil
}

// head is what stands before the rows.
func (b *Batch) head(c *Codec) {
	c.Int(&b.Now)
	c.Int(&b.FirstPosition)
	previous := b.Previous[:]
	c.Blob(&previous)
	copy(b.Previous[:], previous)
}

func (b *Batch) fields(c *Codec, version byte) {
	b.head(c)
	rows(c, &b.Rows)
	List(c, &b.Records, func(r *Record, c *Codec) { r.fields(c, b.FirstPosition, b.Now) })
	List(c, &b.Sends, func(s *Send, c *Codec) {
		if version == 1 {
			c.Int32(&s.Partition)
		} else {
			s.numbers(c)
		}
		s.Record.fields(c, b.FirstPosition, b.Now)
	})
}

// rows passes a list of rows to the codec.
func rows(c *Codec, list *[]Row) {
	List(c, list, func(r *Row, c *Codec) {
		op := uint8(r.Op)
		c.Byte(&op)
		r.Op = RowOp(op)
		c.Blob(&r.Key)
		if r.Op != RowDelete {
			c.Blob(&r.Value)
		}
	})
}

// AppliedRows are the rows as every node applies them: those of the batch and the one that keeps
// its hash. They are there once Append has been called; DecodeRows gives the same. They share the
// memory of Rows, to which nothing may be appended any more.
func (b *Batch) AppliedRows() []Row {
	return append(b.Rows, Row{Op: RowPut, Key: []byte(HashRowKey), Value: b.Hash[:]})
}

// LastPosition is the position of the batch's last record; FirstPosition-1 if there is none.
func (b *Batch) LastPosition() int64 {
	if len(b.Records) == 0 {
		return b.FirstPosition - 1
	}
	last := &b.Records[len(b.Records)-1]
	return last.Position + last.Span() - 1
}

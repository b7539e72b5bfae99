package record

import (
	"encoding/binary"
	"fmt"
	"unsafe"
)

// Codec writes or reads a sequence of fields in one order, so that a type says its layout once.
// A decoding codec aliases its input: strings and byte slices point into it, and whoever gives
// the input promises that it never changes.
type Codec struct {
	buf      []byte
	decoding bool
	err      error
	recent   [4]Document // the last documents, so that one that comes again is written as a reference
	turn     int
	delivery bool // inside the commands of a delivery
}

// NewEncoder makes a codec that appends to dst.
func NewEncoder(dst []byte) Codec { return Codec{buf: dst} }

// NewDecoder makes a codec that reads src.
func NewDecoder(src []byte) Codec { return Codec{buf: src, decoding: true} }

// Bytes is what an encoder has written, including what it appended to, or what a decoder has
// not read yet.
func (c *Codec) Bytes() []byte { return c.buf }

// Decoding tells whether the codec reads.
func (c *Codec) Decoding() bool { return c.decoding }

// Err is the first error of a decoder; an encoder has none.
func (c *Codec) Err() error { return c.err }

// Fail records an error unless there is one already; later fields read as zero.
func (c *Codec) Fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("record: "+format, args...)
	}
	c.buf = nil
}

// Uint is an unsigned number in as few bytes as it needs.
func (c *Codec) Uint(v *uint64) {
	if !c.decoding {
		c.buf = binary.AppendUvarint(c.buf, *v)
		return
	}
	n, size := binary.Uvarint(c.buf)
	if size <= 0 {
		c.Fail("a number is cut off")
		*v = 0
		return
	}
	*v, c.buf = n, c.buf[size:]
}

// Int is a signed number in as few bytes as it needs.
func (c *Codec) Int(v *int64) {
	u := uint64(*v)<<1 ^ uint64(*v>>63)
	c.Uint(&u)
	if c.decoding { // an encoder writes nothing: several may read one value at a time
		*v = int64(u>>1) ^ -int64(u&1)
	}
}

// Int32 is a signed 32-bit number.
func (c *Codec) Int32(v *int32) {
	n := int64(*v)
	c.Int(&n)
	if c.decoding {
		*v = int32(n)
	}
}

// Byte is one byte.
func (c *Codec) Byte(v *uint8) {
	if !c.decoding {
		c.buf = append(c.buf, *v)
		return
	}
	if len(c.buf) == 0 {
		c.Fail("a byte is cut off")
		*v = 0
		return
	}
	*v, c.buf = c.buf[0], c.buf[1:]
}

// Bool is a truth value.
func (c *Codec) Bool(v *bool) {
	var b uint8
	if *v {
		b = 1
	}
	c.Byte(&b)
	if c.decoding {
		*v = b != 0
	}
}

// Blob is a length and that many bytes.
func (c *Codec) Blob(v *[]byte) {
	n := uint64(len(*v))
	c.Uint(&n)
	if !c.decoding {
		c.buf = append(c.buf, *v...)
		return
	}
	if n > uint64(len(c.buf)) {
		c.Fail("%d bytes are announced, %d are left", n, len(c.buf))
		*v = nil
		return
	}
	*v, c.buf = c.buf[:n:n], c.buf[n:]
}

// String is a length and that many bytes of UTF-8.
func (c *Codec) String(v *string) {
	if !c.decoding {
		c.buf = binary.AppendUvarint(c.buf, uint64(len(*v)))
		c.buf = append(c.buf, *v...)
		return
	}
	var b []byte
	c.Blob(&b)
	*v = unsafe.String(unsafe.SliceData(b), len(b))
}

// Strings is a list of strings.
func (c *Codec) Strings(v *[]string) {
	n := c.length(len(*v))
	if c.decoding {
		*v = make([]string, n)
	}
	for i := range *v {
		c.String(&(*v)[i])
	}
}

// Ints is a list of signed numbers.
func (c *Codec) Ints(v *[]int64) {
	n := c.length(len(*v))
	if c.decoding {
		*v = make([]int64, n)
	}
	for i := range *v {
		c.Int(&(*v)[i])
	}
}

// length writes the length of a list or reads it; a length that the rest cannot hold is refused.
func (c *Codec) length(n int) int {
	u := uint64(n)
	c.Uint(&u)
	if c.decoding && u > uint64(len(c.buf)) {
		c.Fail("a list of %d is announced, %d bytes are left", u, len(c.buf))
		return 0
	}
	return int(u)
}

// List passes each element of a list to the codec.
func List[T any](c *Codec, list *[]T, fields func(*T, *Codec)) {
	n := c.length(len(*list))
	if c.decoding {
		*list = make([]T, n)
	}
	for i := range *list {
		fields(&(*list)[i], c)
	}
}

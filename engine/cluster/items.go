package cluster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

// kind says what an item of a frame is.
type kind uint8

// What callers send.
const (
	itemCommand kind = iota + 1 // id, partition, record
	itemPost                    // id 0, partition, record: nobody waits for an answer
	itemQuery                   // id, partition, name, body
	itemForget                  // id: its caller no longer waits
	itemAwait                   // id 0, job type: a notice is wanted when there is a job
	itemPing                    // id 0
	itemOpen                    // id 0, stream, partition, what is wanted
	itemGrant                   // id 0, stream, number of credits: more, or less than 0 to take some back
	itemClose                   // id 0, stream
	itemGot                     // id 0, list of tokens: workers have received the jobs handed over with them
)

// What comes back: an answer to the item with the id, or news with the id 0.
const (
	itemAnswer         kind = iota + 64 // record
	itemResult                          // body of a query
	itemNotLeader                       // text, term, server id of the leader, if known
	itemOverloaded                      // text
	itemUnavailable                     // text
	itemOutcomeUnknown                  // text
	itemQuarantined                     // text
	itemFailed                          // text
	itemUnknown                         // text: no such partition
	itemNotice                          // job type
	itemPong                            //
	itemLoads                           // list of partition, queue length
	itemBatch                           // an answer that leases jobs: token, record
	itemJob                             // token, stream, key, job
	itemStreamEnded                     // stream, text, term, server id of the leader, if known
)

// prefix is the size of an item's length.
const prefix = 4

// codecs are used again: a codec escapes to the heap when a value's fields are passed to it.
var codecs = sync.Pool{New: func() any { return new(record.Codec) }}

// appendItem appends one item to a frame: length, kind, id, and what fields adds.
func appendItem(frame []byte, k kind, id uint64, fields func(*record.Codec)) []byte {
	start := len(frame)
	c := codecs.Get().(*record.Codec)
	*c = record.NewEncoder(append(frame, 0, 0, 0, 0, byte(k)))
	c.Uint(&id)
	if fields != nil {
		fields(c)
	}
	frame = c.Bytes()
	*c = record.Codec{}
	codecs.Put(c)
	binary.LittleEndian.PutUint32(frame[start:], uint32(len(frame)-start-prefix))
	return frame
}

// item is one decoded item, with what follows its head.
type item struct {
	kind kind
	id   uint64
	rest record.Codec
}

// errFrame is the error of a peer that sends what is no frame.
var errFrame = errors.New("cluster: a frame is damaged")

// nextItem takes the first item off a frame.
func nextItem(frame []byte) (it item, rest []byte, err error) {
	if len(frame) < prefix {
		return item{}, nil, fmt.Errorf("%w: %d bytes are left over", errFrame, len(frame))
	}
	n := binary.LittleEndian.Uint32(frame)
	if frame = frame[prefix:]; n == 0 || uint64(n) > uint64(len(frame)) {
		return item{}, nil, fmt.Errorf("%w: an item of %d bytes is announced, %d are left", errFrame, n, len(frame))
	}
	it = item{kind: kind(frame[0]), rest: record.NewDecoder(frame[1:n:n])}
	it.rest.Uint(&it.id)
	return it, frame[n:], it.rest.Err()
}

// codeRecord passes a record to the codec. A command on its way has no place in a log yet and an
// answer keeps the one it got.
func codeRecord(c *record.Codec, r *record.Record) {
	c.Int(&r.Position)
	c.Int(&r.SourcePosition)
	c.Int(&r.Key)
	c.Int(&r.Timestamp)
	c.Uint(&r.OperationReference)
	kind, valueType, intent := uint8(r.Type), uint64(r.ValueType), uint8(r.Intent)
	c.Byte(&kind)
	c.Uint(&valueType)
	c.Byte(&intent)
	if c.Decoding() {
		r.Type, r.ValueType, r.Intent = record.Type(kind), record.ValueType(valueType), record.Intent(intent)
		if r.Value = record.NewValue(r.ValueType); r.Value == nil {
			c.Fail("unknown value type %d: the other node may have a newer version", valueType)
			return
		}
	}
	if r.Type == record.CommandRejection {
		rejection := uint8(r.RejectionType)
		c.Byte(&rejection)
		r.RejectionType = record.RejectionType(rejection)
		c.String(&r.RejectionReason)
	}
	r.Value.Fields(c)
}

// appendError appends the answer that there is none, with its meaning.
func appendError(frame []byte, id uint64, err error, hint leadership) []byte {
	k := itemFailed
	switch {
	case errors.Is(err, partition.ErrNotLeader):
		k = itemNotLeader
	case errors.Is(err, ErrOverloaded):
		k = itemOverloaded
	case errors.Is(err, ErrUnavailable):
		k = itemUnavailable
	case errors.Is(err, ErrOutcomeUnknown):
		k = itemOutcomeUnknown
	case errors.Is(err, partition.ErrQuarantined):
		k = itemQuarantined
	case errors.Is(err, ErrUnknownPartition):
		k = itemUnknown
	}
	text := err.Error()
	return appendItem(frame, k, id, func(c *record.Codec) {
		c.String(&text)
		if k == itemNotLeader {
			c.Uint(&hint.term)
			c.String(&hint.server)
		}
	})
}

// remoteError is what another node answered. Its text is the other's, its meaning one of the Err
// values.
type remoteError struct {
	meaning error
	text    string
}

func (e *remoteError) Error() string { return e.text }

func (e *remoteError) Unwrap() error { return e.meaning }

// readError is the error that an item tells of, with the hint who leads.
func readError(it *item, server string) (hint leadership, err error) {
	var text string
	it.rest.String(&text)
	if it.kind == itemNotLeader {
		it.rest.Uint(&hint.term)
		it.rest.String(&hint.server)
	}
	meaning := map[kind]error{
		itemNotLeader: ErrUnavailable, itemOverloaded: ErrOverloaded, itemUnavailable: ErrUnavailable,
		itemOutcomeUnknown: ErrOutcomeUnknown, itemQuarantined: partition.ErrQuarantined, itemUnknown: ErrUnavailable,
	}[it.kind]
	return hint, &remoteError{meaning, fmt.Sprintf("node %s: %s", server, text)}
}

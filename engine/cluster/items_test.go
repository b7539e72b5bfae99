package cluster

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

// Every value type travels, as command, event and rejection: what comes out is coded as what went in.
func TestRecordsTravel(t *testing.T) {
	for _, valueType := range record.ValueTypes() {
		for kind := record.Event; kind <= record.CommandRejection; kind++ {
			sent := record.Record{
				Position: -1, SourcePosition: 3, Key: record.Key(2, 5), Timestamp: 1 << 41, OperationReference: 9,
				Type: kind, ValueType: valueType, Intent: 1, Value: record.NewValue(valueType),
			}
			if kind == record.CommandRejection {
				sent.RejectionType, sent.RejectionReason = record.NotFound, "no such thing"
			}
			frame := appendItem([]byte("before"), itemCommand, 77, func(c *record.Codec) { codeRecord(c, &sent) })
			frame = appendItem(frame, itemPing, 0, nil)
			it, rest, err := nextItem(frame[len("before"):])
			if err != nil || it.kind != itemCommand || it.id != 77 {
				t.Fatalf("%s: %v %v", valueType, it, err)
			}
			var got record.Record
			codeRecord(&it.rest, &got)
			if it.rest.Err() != nil || len(it.rest.Bytes()) != 0 {
				t.Fatalf("%s: %v, %d bytes left", valueType, it.rest.Err(), len(it.rest.Bytes()))
			}
			again := appendItem([]byte("before"), itemCommand, 77, func(c *record.Codec) { codeRecord(c, &got) })
			if again = appendItem(again, itemPing, 0, nil); !bytes.Equal(frame, again) {
				t.Errorf("%s: sent\n%q, coded again it is\n%q", valueType, frame, again)
			}
			head := cmpopts.IgnoreFields(record.Record{}, "Value")
			if diff := cmp.Diff(sent, got, head); diff != "" {
				t.Errorf("%s (-sent +got):\n%s", valueType, diff)
			}
			if it, rest, err = nextItem(rest); err != nil || it.kind != itemPing || len(rest) != 0 {
				t.Errorf("%s: the next item: %v %v", valueType, it, err)
			}
		}
	}
}

// An error keeps its meaning, its text and the hint who leads.
func TestErrorsTravel(t *testing.T) {
	for _, meaning := range []error{ErrOverloaded, ErrUnavailable, ErrOutcomeUnknown, partition.ErrQuarantined} {
		it, _, err := nextItem(appendError(nil, 5, meaning, leadership{}))
		if err != nil {
			t.Fatal(err)
		}
		if _, got := readError(&it, "n1"); !errors.Is(got, meaning) || got.Error() != "node n1: "+meaning.Error() {
			t.Errorf("%v became %v", meaning, got)
		}
	}
	it, _, _ := nextItem(appendError(nil, 5, partition.ErrNotLeader, leadership{7, "n2"}))
	if hint, got := readError(&it, "n1"); !errors.Is(got, ErrUnavailable) || hint != (leadership{7, "n2"}) {
		t.Errorf("%v, %v", got, hint)
	}
}

// Whatever a peer sends, reading it ends with items or an error, never with a panic.
func FuzzFrame(f *testing.F) {
	command := complete(1, 1)
	frame := appendItem(nil, itemCommand, 1, func(c *record.Codec) {
		id := int32(1)
		c.Int32(&id)
		codeRecord(c, &command)
	})
	f.Add(appendError(frame, 2, partition.ErrNotLeader, leadership{1, "n1"}))
	f.Add([]byte{1, 0, 0, 0, 9})
	f.Fuzz(func(t *testing.T, frame []byte) {
		for rest := frame; len(rest) > 0; {
			it, next, err := nextItem(rest)
			if err != nil {
				return
			}
			if len(next) >= len(rest) {
				t.Fatal("an item of no bytes")
			}
			rest = next
			var id int32
			var r record.Record
			var request StreamRequest
			var tokens []uint64
			command, stream, list, failure := it.rest, it.rest, it.rest, it
			command.Int32(&id)
			codeRecord(&command, &r)
			codeStream(&stream, &request)
			codeTokens(&list, &tokens)
			_, _ = readError(&failure, "n1")
		}
	})
}

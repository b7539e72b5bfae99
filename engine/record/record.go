// Package record defines what the log is made of: records, their value types, intents and
// rejections, row changes, sends between partitions, and the codec of a batch, which is one
// log entry. Names and numbers follow Zeebe's record stream, so that its exporters' consumers
// read ours unchanged.
package record

// Type tells what a record is. The numbers are Zeebe's.
type Type uint8

// The record types.
const (
	Event Type = iota
	Command
	CommandRejection
)

// String gives Zeebe's name of the record type.
func (t Type) String() string {
	switch t {
	case Event:
		return "EVENT"
	case Command:
		return "COMMAND"
	case CommandRejection:
		return "COMMAND_REJECTION"
	}
	return "UNKNOWN"
}

// DefaultTenant is the tenant every record carries while engine multi-tenancy is off.
const DefaultTenant = "<default>"

// Record is one entry of a partition's record stream.
type Record struct {
	// Position numbers the record in its partition, from 1, without gaps: a record that stands
	// for n records (see Span) takes n positions and Position is the first of them.
	Position int64
	// SourcePosition is the position of the command that caused this record, -1 if none.
	SourcePosition int64
	// Key identifies the entity the record is about, -1 if none.
	Key int64
	// Timestamp is the time of the decision in milliseconds since the Unix epoch.
	Timestamp int64
	// OperationReference is the caller's own number for a command, 0 if none.
	OperationReference uint64
	// Type, ValueType and Intent say what happened to what.
	Type      Type
	ValueType ValueType
	Intent    Intent
	// RejectionType and RejectionReason are set on a CommandRejection only.
	RejectionType   RejectionType
	RejectionReason string
	// Value is never nil in a record of the log.
	Value Value
}

// Value is the content of a record: one struct per value type.
type Value interface {
	// ValueType is the type this struct is the value of.
	ValueType() ValueType
	// Fields passes every field, in a fixed order, to the codec, which reads or writes them.
	Fields(c *Codec)
}

// Span is the number of positions the record takes: 1, except for packed variables, which
// stand for one VARIABLE record per variable.
func (r *Record) Span() int64 {
	if v, ok := r.Value.(*Variables); ok {
		return max(1, int64(v.Document.Len()))
	}
	return 1
}

// NewCommand makes a command record for a partition to decide about. Key is -1 where the
// command addresses nothing that exists yet.
func NewCommand(key int64, intent Intent, value Value) Record {
	return Record{Position: -1, SourcePosition: -1, Key: key, Type: Command, ValueType: value.ValueType(), Intent: intent, Value: value}
}

// Append appends the record, coded alone, to dst: how a command or an answer travels between nodes.
func (r *Record) Append(dst []byte) []byte {
	c := NewEncoder(dst)
	c.Int(&r.Timestamp)
	r.fields(&c, 0, r.Timestamp)
	return c.Bytes()
}

// DecodeRecord reads what Append wrote. The result points into src, which must never change.
func DecodeRecord(src []byte) (r Record, err error) {
	c := NewDecoder(src)
	var now int64
	c.Int(&now)
	r.fields(&c, 0, now)
	if c.err == nil && len(c.buf) > 0 {
		c.Fail("%d bytes follow the record", len(c.buf))
	}
	return r, c.err
}

// IsRejection tells whether the record is the refusal of a command.
func (r *Record) IsRejection() bool { return r.Type == CommandRejection }

// fields passes the record's own fields to the codec; base is the batch's first position and
// now its time, which keep the numbers small.
func (r *Record) fields(c *Codec, base, now int64) {
	position, source := r.Position-base, r.SourcePosition-base
	if r.SourcePosition < 0 {
		source = noSource
	}
	c.Int(&position)
	c.Int(&source)
	c.Int(&r.Key)
	head := uint64(r.Type)
	c.Uint(&head)
	valueType, intent := uint64(r.ValueType), uint64(r.Intent)
	c.Uint(&valueType)
	c.Uint(&intent)
	c.Uint(&r.OperationReference)
	if c.decoding {
		r.Position, r.SourcePosition, r.Timestamp = position+base, source+base, now
		if source == noSource {
			r.SourcePosition = -1
		}
		r.Type, r.ValueType, r.Intent = Type(head), ValueType(valueType), Intent(intent)
		r.Value = NewValue(r.ValueType)
		if r.Value == nil {
			c.Fail("unknown value type %d", valueType)
			return
		}
	}
	if r.Type == CommandRejection {
		rejection := uint64(r.RejectionType)
		c.Uint(&rejection)
		if c.decoding {
			r.RejectionType = RejectionType(rejection)
		}
		c.String(&r.RejectionReason)
	}
	r.Value.Fields(c)
}

// noSource is the coded source position of a record that has none.
const noSource = -1 << 40

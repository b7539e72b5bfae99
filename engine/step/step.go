// Package step is the working context of one decision: what a command processor or an element
// behaviour may read and do. Whatever it does ends up in one batch.
package step

import (
	"fmt"
	"math"

	"github.com/payhub/payhub/engine/apply"
	"github.com/payhub/payhub/engine/feel"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// Response answers a command whose caller waits. It is sent once its batch is committed.
type Response struct {
	RequestID uint64
	Record    record.Record
}

// StreamTarget is a job stream that takes one more job.
type StreamTarget struct {
	Stream         uint64
	Worker         string
	Timeout        int64 // ms
	FetchVariables []string
}

// Streams knows the workers that have jobs pushed to them. It is an input of a decision, like
// the time: what it answers is in the log afterwards.
type Streams interface {
	// Acquire takes one job's room at a stream for a job type; ok is false if there is none.
	Acquire(jobType, tenant string) (target StreamTarget, ok bool)
}

// Push is a job that was activated for a stream. It is sent once its batch is committed.
type Push struct {
	Stream uint64
	Key    int64
	Job    record.Job // with its variables
}

// Step is one decision in the making. It is used again for the next one.
type Step struct {
	// View reads the state as the decision has changed it so far.
	View *state.View
	// Env is what expressions may know of the world.
	Env feel.Env

	Place
	Inbox

	tables    *state.Tables
	meta      state.Meta
	retention int64
	streams   Streams

	source    int64  // position of the command in hand
	requestID uint64 // its caller, 0 if nobody waits
	reference uint64 // its operation reference

	records   []record.Record
	followUps []record.Record   // used again once all are taken
	taken     int               // how many of followUps are
	resumed   []*state.FollowUp // put off by earlier decisions; older than followUps
	responses []Response
	pushes    []Push
	sends     []record.Send
	putOff    bool
}

// New makes a step for a partition of a cluster with count partitions. retention is how long an
// idempotency key is kept after its instance has ended, in milliseconds.
func New(partition, count int32, retention int64, overlay *state.Overlay, definitions *state.Definitions) *Step {
	tables := state.NewTables(overlay, definitions)
	return &Step{View: &tables.View, Place: Place{partition: partition, count: count, view: &tables.View}, tables: tables, retention: retention}
}

// Retention is how long an idempotency key is kept after its instance has ended, in milliseconds.
func (s *Step) Retention() int64 { return s.retention }

// Begin starts a decision at a time, in milliseconds since the epoch.
func (s *Step) Begin(now int64, seed uint64, streams Streams) {
	s.tables.Restart()
	s.meta = s.View.Meta()
	s.meta.Now = max(now, s.meta.Now)
	s.tables.MadeFrom(record.Key(s.partition, s.meta.NextKey))
	s.streams = streams
	s.Env.Now, s.Env.Seed = s.meta.Now, seed
	s.records = make([]record.Record, 0, len(s.records)+len(s.records)/4) // decisions resemble each other
	s.responses, s.pushes, s.sends = make([]Response, 0, len(s.responses)), make([]Push, 0, len(s.pushes)), nil
	s.forgetFollowUps()
	s.resumed, s.putOff = nil, false
	s.Inbox.forget()
	s.behind, s.checkpoint = false, 0
	s.source, s.requestID, s.reference = -1, 0, 0
}

// Take puts a command in hand: it is recorded, and what follows is recorded as caused by it.
func (s *Step) Take(requestID uint64, command record.Record) {
	command.Position, command.SourcePosition, command.Timestamp = s.meta.NextPosition, -1, s.meta.Now
	if command.ValueType == record.DeliveryValue {
		command.Value = envelope(command.Value.(*record.Delivery))
	}
	s.append(command)
	s.source, s.requestID, s.reference = command.Position, requestID, command.OperationReference
}

// Now is the time of the decision in milliseconds since the epoch.
func (s *Step) Now() int64 { return s.meta.Now }

// After is the time that lies ms milliseconds after the decision's. What would be later than time
// can tell is the end of time: a caller that asks for the longest time there is gets it.
func (s *Step) After(ms int64) int64 {
	if ms > math.MaxInt64-s.meta.Now {
		return math.MaxInt64
	}
	return s.meta.Now + ms
}

// RequestID is the caller that waits for the command in hand, 0 if nobody does.
func (s *Step) RequestID() uint64 { return s.requestID }

// NextKey makes a key.
func (s *Step) NextKey() int64 { return s.NextKeys(1) }

// NextKeys makes n keys in a row and returns the first.
func (s *Step) NextKeys(n int) int64 {
	first := record.Key(s.partition, s.meta.NextKey)
	s.meta.NextKey += int64(n)
	return first
}

// Emit records an event and changes the state as it says.
func (s *Step) Emit(key int64, intent record.Intent, value record.Value) {
	s.append(record.Record{
		Position: s.meta.NextPosition, SourcePosition: s.source, Key: key, Timestamp: s.meta.Now,
		Type: record.Event, ValueType: value.ValueType(), Intent: intent, Value: value, OperationReference: s.reference,
	})
	apply.Event(s.tables, &s.records[len(s.records)-1])
}

func (s *Step) append(r record.Record) {
	s.records = append(s.records, r)
	s.meta.NextPosition += r.Span()
}

// FollowUp has a command processed after those that wait already, in this decision or, once it
// has grown to its limit, in the next one. The value must not be changed any more.
func (s *Step) FollowUp(key int64, intent record.Intent, value record.Value) {
	command := record.NewCommand(key, intent, value)
	command.SourcePosition, command.OperationReference = s.source, s.reference
	s.followUps = append(s.followUps, command)
}

// Send has a command processed by a partition: another one gets it once the batch is committed. It
// takes effect there exactly once, in the order of the sends.
func (s *Step) Send(partition int32, key int64, intent record.Intent, value record.Value) {
	if partition == s.partition {
		s.FollowUp(key, intent, value)
		return
	}
	send := record.Send{Partition: partition, Checkpoint: s.newestCheckpoint(), Record: record.NewCommand(key, intent, value)}
	s.tables.InsertSend(&send)
	s.sends = append(s.sends, send)
}

// Respond answers the caller of the command in hand, if there is one, with an event.
func (s *Step) Respond(key int64, intent record.Intent, value record.Value) {
	s.RespondTo(s.requestID, key, intent, value)
}

// RespondTo answers a caller that has waited since an earlier command.
func (s *Step) RespondTo(requestID uint64, key int64, intent record.Intent, value record.Value) {
	if requestID == 0 {
		return
	}
	s.responses = append(s.responses, Response{RequestID: requestID, Record: record.Record{
		Position: -1, SourcePosition: s.source, Key: key, Timestamp: s.meta.Now, Type: record.Event,
		ValueType: value.ValueType(), Intent: intent, Value: value,
	}})
}

// Reject refuses the command: nothing changes, the refusal is recorded and its caller answered.
func (s *Step) Reject(command *record.Record, kind record.RejectionType, format string, args ...any) {
	r := *command
	r.Position, r.SourcePosition, r.Timestamp = s.meta.NextPosition, s.source, s.meta.Now
	r.Type, r.RejectionType, r.RejectionReason = record.CommandRejection, kind, fmt.Sprintf(format, args...)
	s.append(r)
	if s.requestID != 0 {
		s.responses = append(s.responses, Response{RequestID: s.requestID, Record: r})
	}
}

// AcquireStream takes one job's room at a stream for a job type; ok is false if there is none.
func (s *Step) AcquireStream(jobType, tenant string) (target StreamTarget, ok bool) {
	if s.streams == nil {
		return target, false
	}
	return s.streams.Acquire(jobType, tenant)
}

// Push has a job sent to a stream once the batch is committed.
func (s *Step) Push(p Push) { s.pushes = append(s.pushes, p) }

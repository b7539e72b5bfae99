package step

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// NextFollowUp takes the oldest follow-up command out; ok is false if there is none. What it leads
// to is recorded as caused by what made it.
// It is valid until the next one is taken.
func (s *Step) NextFollowUp() (command *record.Record, ok bool) {
	switch {
	case len(s.resumed) > 0:
		f := s.resumed[0]
		s.resumed = s.resumed[1:]
		s.tables.DeleteFollowUp(f.Number)
		resumed := record.NewCommand(f.Key, f.Intent, f.Value)
		resumed.SourcePosition = f.Position
		command = &resumed
	case s.taken < len(s.followUps):
		command = &s.followUps[s.taken]
		s.taken++
	case len(s.waiting()) > 0:
		s.forgetFollowUps()
		return s.takeMail(), true
	default:
		s.forgetFollowUps()
		s.Inbox.forget()
		return nil, false
	}
	s.source, s.reference = command.SourcePosition, command.OperationReference
	return command, true
}

// BeginsInstance tells whether the oldest follow-up command activates an instance that no other one
// calls. Whoever had it started may be told its key once the decision is committed.
func BeginsInstance(s *Step) bool {
	var intent record.Intent
	var value record.Value
	switch {
	case len(s.resumed) > 0:
		intent, value = s.resumed[0].Intent, s.resumed[0].Value
	case s.taken < len(s.followUps):
		intent, value = s.followUps[s.taken].Intent, s.followUps[s.taken].Value
	}
	v, ok := value.(*record.ProcessInstance)
	return ok && intent == record.ActivateElement && v.FlowScopeKey < 0 && v.ParentElementInstanceKey < 0
}

// forgetFollowUps makes room for others.
func (s *Step) forgetFollowUps() {
	clear(s.followUps)
	s.followUps, s.taken = s.followUps[:0], 0
}

// Resume takes up the commands that earlier decisions put off, oldest first: at most limit of
// them. It returns how many. What the decision does not come to stays where it is.
func (s *Step) Resume(limit int) int {
	s.View.FollowUps(func(f *state.FollowUp) bool {
		s.resumed = append(s.resumed, f)
		return len(s.resumed) < limit
	})
	s.behind = len(s.resumed) == limit
	return len(s.resumed)
}

// PutOff keeps every waiting follow-up command for the next decision. It is recorded as a command.
func (s *Step) PutOff() {
	s.putOff = s.putOff || len(s.resumed) > 0
	s.resumed = nil
	for _, command := range s.followUps[s.taken:] {
		s.Defer(command)
	}
	for _, command := range s.waiting() {
		s.Defer(command)
	}
	s.forgetFollowUps()
	s.Inbox.forget()
}

// Defer keeps a command for the next decision. It is recorded as a command.
func (s *Step) Defer(command record.Record) {
	s.putOff = true
	command.Position, command.Timestamp = s.meta.NextPosition, s.meta.Now
	s.meta.FollowUps++
	s.tables.InsertFollowUp(&state.FollowUp{
		Number: s.meta.FollowUps, Position: command.Position,
		Key: command.Key, Intent: command.Intent, ValueType: command.ValueType, Value: command.Value,
	})
	s.append(command)
}

// HasPutOff tells whether the decision has put commands off.
func (s *Step) HasPutOff() bool { return s.putOff }

// Size is the number of records so far.
func (s *Step) Size() int { return len(s.records) }

// Written is the number of bytes of the rows that were written so far, as often as they were.
func (s *Step) Written() int { return s.tables.Written() }

// Result is what a decision comes to.
type Result struct {
	Batch     *record.Batch // nil if nothing was recorded
	Responses []Response
	Pushes    []Push
	// Checkpoint is the number of the checkpoint that the decision made, 0 if none.
	Checkpoint int64
}

// Finish ends the decision. previous is the hash of the batch before it.
func (s *Step) Finish(overlay *state.Overlay, previous [record.HashSize]byte) Result {
	result := Result{Responses: s.responses, Pushes: s.pushes, Checkpoint: s.checkpoint}
	if len(s.records) == 0 && len(overlay.Rows()) == 0 {
		return result
	}
	first := s.meta.NextPosition
	if len(s.records) > 0 {
		first = s.records[0].Position
	}
	s.tables.Settle()
	s.tables.PutMeta(&s.meta)
	result.Batch = &record.Batch{
		Now: s.meta.Now, FirstPosition: first, Previous: previous,
		Records: s.records, Rows: overlay.Rows(), Sends: s.sends,
	}
	return result
}

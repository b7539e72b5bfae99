package step

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// NextFollowUp takes the oldest follow-up command out; ok is false if there is none.
func (s *Step) NextFollowUp() (command record.Record, ok bool) {
	if len(s.followUps) == 0 {
		return command, false
	}
	command = s.followUps[0]
	s.followUps = s.followUps[1:]
	return command, true
}

// Resume puts the commands that earlier decisions put off, oldest first, behind what waits: at
// most limit of them. It returns how many.
func (s *Step) Resume(limit int) int {
	var off []*state.FollowUp
	s.View.FollowUps(func(f *state.FollowUp) bool {
		off = append(off, f)
		return len(off) < limit
	})
	for _, f := range off {
		s.tables.DeleteFollowUp(f.Number)
		s.FollowUp(f.Key, f.Intent, f.Value)
	}
	return len(off)
}

// PutOff keeps every waiting follow-up command for the next decision. It is recorded as a command.
func (s *Step) PutOff() {
	for {
		command, ok := s.NextFollowUp()
		if !ok {
			return
		}
		s.putOff = true
		s.meta.FollowUps++
		s.tables.InsertFollowUp(&state.FollowUp{
			Number: s.meta.FollowUps, Key: command.Key, Intent: command.Intent, ValueType: command.ValueType, Value: command.Value,
		})
		command.Position, command.SourcePosition, command.Timestamp = s.meta.NextPosition, s.source, s.meta.Now
		s.append(command)
	}
}

// HasPutOff tells whether the decision has put commands off.
func (s *Step) HasPutOff() bool { return s.putOff }

// Size is the number of records so far.
func (s *Step) Size() int { return len(s.records) }

// Result is what a decision comes to.
type Result struct {
	Batch     *record.Batch // nil if nothing was recorded
	Responses []Response
	Pushes    []Push
}

// Finish ends the decision. previous is the hash of the batch before it.
func (s *Step) Finish(overlay *state.Overlay, previous [record.HashSize]byte) Result {
	result := Result{Responses: s.responses, Pushes: s.pushes}
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

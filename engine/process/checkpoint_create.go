package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// checkpointCreate makes a checkpoint of what this decision comes to.
func checkpointCreate(s *step.Step, command *record.Record) {
	v := command.Value.(*record.Checkpoint)
	newest := s.View.Checkpoint()
	switch {
	case v.Number <= newest:
		s.Reject(command, record.AlreadyExists, "Expected to create checkpoint %d, but checkpoint %d is there already", v.Number, newest)
		return
	case s.CheckpointMade() != 0:
		s.Reject(command, record.InvalidState, "Expected to create checkpoint %d, but checkpoint %d is being made just now: try again", v.Number, newest)
		return
	}
	checkpoint(s, v.Number)
	s.Respond(-1, record.CheckpointCreated, v)
}

// checkpoint makes a checkpoint.
func checkpoint(s *step.Step, number int64) {
	s.Emit(-1, record.CheckpointCreated, &record.Checkpoint{Number: number})
	s.Checkpointed(number)
}

// reaches tells whether mail that was written at a checkpoint of its sender may be taken now: the
// state of our own checkpoint of that number must be without it. If that checkpoint is not there
// yet it is made, and the mail may be taken in the next decision.
func reaches(s *step.Step, number int64) bool {
	if made := s.CheckpointMade(); made != 0 {
		return number < made
	}
	if number <= s.View.Checkpoint() {
		return true
	}
	checkpoint(s, number)
	return false
}

package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// jobUpdateTimeout gives a worker another deadline for its job, counted from now.
func jobUpdateTimeout(s *step.Step, command *record.Record) {
	job := s.View.Job(command.Key)
	if job == nil {
		s.Reject(command, record.NotFound, "Expected to update job with key '%d', but no such job was found", command.Key)
		return
	}
	if job.State != state.JobActivated {
		s.Reject(command, record.InvalidState, "Expected to update the timeout of job with key '%d', but it is not active", command.Key)
		return
	}
	updated := element.JobValue(s.View, job)
	updated.Timeout = command.Value.(*record.Job).Timeout
	updated.Deadline = s.After(updated.Timeout)
	s.Emit(job.Key, record.JobTimeoutUpdated, updated)
	s.Respond(job.Key, record.JobTimeoutUpdated, updated)
}

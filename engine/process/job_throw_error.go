package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// jobThrowError ends a job with an error that an error event catches; one that nobody catches
// leaves an incident, and the job, which is offered again when that is resolved.
func jobThrowError(s *step.Step, command *record.Record) {
	job := openJob(s, command, "throw an error for")
	if job == nil {
		return
	}
	v := command.Value.(*record.Job)
	e := s.View.ElementInstance(job.ElementInstanceKey)
	thrown := element.JobValue(s.View, job)
	thrown.ErrorCode, thrown.ErrorMessage, thrown.Variables = v.ErrorCode, v.ErrorMessage, v.Variables
	failure := element.ThrowError(s, e, v.ErrorCode, v.ErrorMessage, v.Variables)
	thrown.Uncaught = failure != nil
	s.Emit(job.Key, record.JobErrorThrown, thrown)
	s.Respond(job.Key, record.JobErrorThrown, thrown)
	if failure != nil {
		element.RaiseJobIncident(s, job.Key, e, failure)
	}
}

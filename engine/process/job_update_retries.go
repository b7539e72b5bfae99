package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// jobUpdateRetries sets a job's retries; an incident it has is not resolved by that.
func jobUpdateRetries(s *step.Step, command *record.Record) {
	v := command.Value.(*record.Job)
	if v.Retries < 1 {
		s.Reject(command, record.InvalidArgument, "Expected to update retries for job with key '%d' with a positive amount of retries, "+
			"but the amount given was '%d'", command.Key, v.Retries)
		return
	}
	job := s.View.Job(command.Key)
	if job == nil {
		s.Reject(command, record.NotFound, "Expected to update job with key '%d', but no such job was found", command.Key)
		return
	}
	updated := element.JobValue(s.View, job)
	updated.Retries = v.Retries
	s.Emit(job.Key, record.JobRetriesUpdated, updated)
	s.Respond(job.Key, record.JobRetriesUpdated, updated)
}

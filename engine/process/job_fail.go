package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// noRetriesMessage is the incident's message when a worker fails without one.
const noRetriesMessage = "No more retries left."

// jobFail gives a job back: with retries left it is offered again, at once or after its
// back-off; without, an incident waits for somebody. Variables the worker leaves are local.
func jobFail(s *step.Step, command *record.Record) {
	job := openJob(s, command, "fail")
	if job == nil {
		return
	}
	v := command.Value.(*record.Job)
	e := s.View.ElementInstance(job.ElementInstanceKey)
	failed := element.JobValue(s.View, job)
	failed.Retries, failed.ErrorMessage, failed.RetryBackoff, failed.Variables = v.Retries, v.ErrorMessage, v.RetryBackoff, v.Variables
	if v.Retries > 0 && v.RetryBackoff > 0 {
		failed.RecurringTime = s.After(v.RetryBackoff)
	}
	s.Emit(job.Key, record.JobFailed, failed)
	element.FailJob(s, e, v.Variables)
	if v.Retries <= 0 {
		message := v.ErrorMessage
		if message == "" {
			message = noRetriesMessage
		}
		kind := record.ErrorTypeJobNoRetries
		if v.ErrorCode == record.ErrorTypeMessageSizeExceeded { // by the gateway; workers cannot set it
			kind = record.ErrorTypeMessageSizeExceeded
		}
		element.RaiseJobIncident(s, job.Key, e, &element.Failure{Type: kind, Message: message})
	}
	s.Respond(job.Key, record.JobFailed, failed)
	if v.Retries > 0 && v.RetryBackoff <= 0 {
		offer(s, job.Key)
	}
}

// offer has a job that waits for a worker given to a stream, if one takes it.
func offer(s *step.Step, job int64) {
	if j := s.View.Job(job); j != nil && j.State == state.JobActivatable {
		element.PushJob(s, job)
	}
}

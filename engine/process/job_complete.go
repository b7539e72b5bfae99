package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// jobComplete ends a job; its element instance goes on with the job's variables. A job that its
// worker had lost by time-out may still be completed while nobody else has done it.
func jobComplete(s *step.Step, command *record.Record) {
	job := openJob(s, command, "complete")
	if job == nil {
		return
	}
	e := s.View.ElementInstance(job.ElementInstanceKey)
	completed := element.JobValue(s.View, job)
	completed.Variables = command.Value.(*record.Job).Variables
	s.Emit(job.Key, record.JobCompleted, completed)
	element.CompleteJob(s, e, completed.Variables)
	s.Respond(job.Key, record.JobCompleted, completed)
}

// openJob finds the job that a worker is done with; if there is none, or it waits for an
// incident to be resolved, the command is refused and nil returned. what names the command.
// A job whose instance an event has ended already is none, although it is there until the
// termination, which may have been put off, gets to it: else both would go on from there.
func openJob(s *step.Step, command *record.Record, what string) *state.Job {
	job := s.View.Job(command.Key)
	if job == nil || !element.Waits(s, job.ElementInstanceKey) {
		s.Reject(command, record.NotFound, "Expected to %s job with key '%d', but no such job was found", what, command.Key)
		return nil
	}
	if job.State != state.JobActivatable && job.State != state.JobActivated {
		s.Reject(command, record.InvalidState, "Expected to %s job with key '%d', but it is in state '%s'", what, command.Key, jobStateNames[job.State])
		return nil
	}
	return job
}

var jobStateNames = [...]string{
	state.JobActivatable: "ACTIVATABLE", state.JobActivated: "ACTIVATED", state.JobFailed: "FAILED", state.JobErrorThrown: "ERROR_THROWN",
}

package element

import (
	"fmt"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// JobValue is what the records of a job say, without variables.
func JobValue(view *state.View, j *state.Job) *record.Job {
	e := view.ElementInstance(j.ElementInstanceKey)
	definition, element := view.Element(e)
	v := &record.Job{
		Type: j.Type, Worker: j.Worker, Retries: j.Retries, RecurringTime: -1, Deadline: -1,
		ErrorMessage: j.ErrorMessage, ErrorCode: j.ErrorCode, CustomHeaders: definition.Headers(element),
		ElementID: element.ID, ElementInstanceKey: e.Key, BpmnProcessID: definition.BpmnProcessID,
		ProcessDefinitionVersion: definition.Version, ProcessDefinitionKey: definition.Key,
		ProcessInstanceKey: e.ProcessInstanceKey, TenantID: e.TenantID, Tags: e.Tags,
	}
	if j.Deadline > 0 {
		v.Deadline = j.Deadline
	}
	if j.RecurringTime > 0 {
		v.RecurringTime = j.RecurringTime
	}
	return v
}

// PushJob gives a job that waits for a worker to a stream that takes it, if there is one.
func PushJob(s *step.Step, key int64) {
	job := s.View.Job(key)
	if job == nil || job.State != state.JobActivatable {
		return
	}
	value := JobValue(s.View, job)
	visible := s.View.VisibleVariables(value.ElementInstanceKey)
	if len(visible) > MaxJobBytes {
		return // who asks for it finds out whether he wants all of them
	}
	target, ok := s.AcquireStream(value.Type, value.TenantID)
	if !ok {
		return
	}
	batch := &record.JobBatch{
		Type: value.Type, Worker: target.Worker, Timeout: target.Timeout, MaxJobsToActivate: 1,
		TenantIDs: []string{value.TenantID}, Stream: target.Stream,
	}
	AddToBatch(s, batch, key, value)
	s.Emit(-1, record.JobBatchActivated, batch)
	pushed := *value
	pushed.Variables = visible.Only(target.FetchVariables)
	s.Push(step.Push{Stream: target.Stream, Key: key, Job: pushed})
}

// MaxJobBytes bounds the variables of a job that is given to a worker: clients take messages of
// 4 MiB, and a little is needed for everything else.
const MaxJobBytes = 4<<20 - 128<<10

// RaiseTooLarge makes an incident of a job whose variables no worker can be given. Resolving it
// offers the job again.
func RaiseTooLarge(s *step.Step, job *state.Job) {
	RaiseJobIncident(s, job.Key, s.View.ElementInstance(job.ElementInstanceKey), &Failure{
		Type: record.ErrorTypeMessageSizeExceeded,
		Message: fmt.Sprintf("Expected to give job with key '%d' to a worker, but its variables have more than %d bytes, which no message can hold. "+
			"Make the variables smaller, or have the worker fetch only those that it needs, and resolve the incident.", job.Key, MaxJobBytes),
	})
}

// AddToBatch puts a job into a batch that is to be activated for a worker: the job gets the
// batch's worker and deadline.
func AddToBatch(s *step.Step, batch *record.JobBatch, key int64, job *record.Job) {
	job.Worker, job.Timeout, job.Deadline = batch.Worker, batch.Timeout, s.After(batch.Timeout)
	batch.JobKeys = append(batch.JobKeys, key)
	batch.Jobs = append(batch.Jobs, *job)
}

// CompleteJob has the element instance of a completed job go on with the job's variables.
func CompleteJob(s *step.Step, e *state.ElementInstance, variables record.Document) {
	x := execution(s, e)
	x.triggering(x.Element.ID, variables)
	x.requestCompletion()
}

// FailJob gives the instance of a failed job the variables its worker left, as its own.
func FailJob(s *step.Step, e *state.ElementInstance, variables record.Document) {
	execution(s, e).setLocal(e.Key, variables)
}

// RaiseJobIncident makes an incident of a job that cannot go on.
func RaiseJobIncident(s *step.Step, job int64, e *state.ElementInstance, f *Failure) {
	x := execution(s, e)
	s.Emit(s.NextKey(), record.IncidentCreated, &record.Incident{
		ErrorType: f.Type, ErrorMessage: f.Message, BpmnProcessID: x.Value.BpmnProcessID,
		ProcessDefinitionKey: x.Value.ProcessDefinitionKey, ProcessInstanceKey: x.Value.ProcessInstanceKey,
		ElementID: x.Value.ElementID, ElementInstanceKey: e.Key, JobKey: job, VariableScopeKey: e.Key, TenantID: x.Value.TenantID,
	})
}

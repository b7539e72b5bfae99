package element

import (
	"github.com/payhub/payhub/engine/record"
)

// serviceTask has a worker do a job.
type serviceTask struct{}

func (serviceTask) activate(x *Execution) *Failure {
	if failure := x.mapInputs(); failure != nil {
		return failure
	}
	jobType, failure := x.evalString(x.Element.Task.Type, x.Key)
	if failure != nil {
		return failure
	}
	retries, failure := x.evalInt(x.Element.Task.Retries, x.Key)
	if failure != nil {
		return failure
	}
	if failure := x.subscribe(); failure != nil {
		return failure
	}
	x.createJob(jobType, int32(retries))
	x.activated()
	return nil
}

func (serviceTask) complete(x *Execution) *Failure { return x.completeActivity() }

func (serviceTask) terminate(x *Execution) {
	x.cancelJob()
	x.unsubscribe()
	x.terminated()
}

// createJob makes the instance's job and gives it to a stream that takes it, if there is one.
func (x *Execution) createJob(jobType string, retries int32) {
	key := x.NextKey()
	job := &record.Job{
		Type: jobType, Retries: retries, RecurringTime: -1, Deadline: -1, CustomHeaders: x.Definition.Headers(x.Element),
		ElementID: x.Element.ID, ElementInstanceKey: x.Key, BpmnProcessID: x.Value.BpmnProcessID,
		ProcessDefinitionVersion: x.Value.Version, ProcessDefinitionKey: x.Value.ProcessDefinitionKey,
		ProcessInstanceKey: x.Value.ProcessInstanceKey, TenantID: x.Value.TenantID, Tags: x.Value.Tags,
	}
	x.Emit(key, record.JobCreated, job)
	PushJob(x.Step, key)
}

// cancelJob takes the instance's job back, with its incident if it has one.
func (x *Execution) cancelJob() {
	e := x.instance()
	if e.JobKey == 0 {
		return
	}
	job := x.View.Job(e.JobKey)
	if job == nil {
		return
	}
	if key := x.View.JobIncident(job.Key); key != 0 {
		x.Emit(key, record.IncidentResolved, &x.View.Incident(key).Incident)
	}
	x.Emit(job.Key, record.JobCanceled, JobValue(x.View, job))
}

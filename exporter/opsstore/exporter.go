// Package opsstore projects records into the operations store (hub/ops). It gathers what records
// change in memory, so that what comes and goes between two flushes (a job, a message) never
// reaches the disk, and writes it with the position of the last record in one transaction: a
// record that comes a second time after a crash changes nothing.
package opsstore

import (
	"context"
	"encoding/json"

	"github.com/payhub/payhub/engine/export"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/hub/ops"
)

// ID is the exporter's name in acknowledgements.
const ID = "operations-store"

// Exporter fills an operations store with the records of one partition.
type Exporter struct {
	store     *ops.Store
	partition int32
	position  int64
	changes   *ops.Changes
}

// New makes an exporter into the store, which the caller opens and closes.
func New(store *ops.Store) *Exporter { return &Exporter{store: store} }

var _ export.Exporter = (*Exporter)(nil)

// Configure takes the partition; there are no settings.
func (e *Exporter) Configure(c export.Context) error {
	e.partition = c.Partition
	e.changes = ops.NewChanges(c.Partition)
	return nil
}

// Open reads how far the store is: it may be further than what was acknowledged.
func (e *Exporter) Open(ctx context.Context) error {
	progress, err := e.store.Progress(ctx, e.partition)
	e.position = progress.Position
	return err
}

// Close keeps the store open: it is the caller's.
func (e *Exporter) Close() error { return nil }

// Accept tells which records change the store: events of the kinds that lists show.
func Accept(r *record.Record) bool {
	if r.Type != record.Event {
		return false
	}
	switch r.ValueType {
	case record.ProcessInstanceValue:
		return r.Intent != record.SequenceFlowTaken
	case record.JobValue, record.IncidentValue, record.MessageValue, record.VariablesValue, record.VariableValue, record.JobBatchValue:
		return true
	}
	return false
}

// Export gathers what a record changes.
func (e *Exporter) Export(_ context.Context, r *record.Record) error {
	if r.Position <= e.position {
		return nil
	}
	e.position = r.Position + r.Span() - 1
	e.changes.Progress = ops.Progress{Position: e.position, Timestamp: r.Timestamp}
	switch v := r.Value.(type) {
	case *record.ProcessInstance:
		e.instance(r, v)
	case *record.Job:
		e.job(r, v)
	case *record.JobBatch:
		e.jobBatch(v)
	case *record.Incident:
		e.incident(r, v)
	case *record.Message:
		e.message(r, v)
	case *record.Variables:
		e.variables(r, v)
	case *record.Variable:
		e.variable(r, v)
	}
	return nil
}

// Flush writes what was gathered.
func (e *Exporter) Flush(ctx context.Context) ([]byte, error) {
	if e.changes.Progress.Position == 0 {
		return nil, nil
	}
	if err := e.store.Apply(ctx, e.changes); err != nil {
		return nil, err
	}
	e.changes = ops.NewChanges(e.partition)
	return nil, nil
}

// elementProcess is the type of the element instance that is the process instance itself.
const elementProcess = "PROCESS"

// instance notes steps, and the start and the end of an instance.
func (e *Exporter) instance(r *record.Record, v *record.ProcessInstance) {
	switch r.Intent {
	case record.ElementActivating:
		if v.BpmnElementType == elementProcess {
			e.changes.Instances[r.Key] = &ops.InstanceChange{New: &ops.Instance{
				Key: r.Key, ProcessID: v.BpmnProcessID, Version: v.Version, DefinitionKey: v.ProcessDefinitionKey,
				ParentKey: max(0, v.ParentProcessInstanceKey), StartedAt: r.Timestamp,
			}}
		}
	case record.ElementActivated:
		if v.BpmnElementType != elementProcess {
			c := e.change(v.ProcessInstanceKey)
			c.Steps = ops.AppendStep(c.Steps, ops.Entered, r.Timestamp, v.ElementID, v.BpmnElementType)
		}
	case record.ElementCompleted:
		e.left(r, v, ops.Left, ops.Completed)
	case record.ElementTerminated:
		e.left(r, v, ops.Destroyed, ops.Terminated)
	}
}

func (e *Exporter) left(r *record.Record, v *record.ProcessInstance, mark byte, state ops.InstanceState) {
	c := e.change(v.ProcessInstanceKey)
	if v.BpmnElementType != elementProcess {
		c.Steps = ops.AppendStep(c.Steps, mark, r.Timestamp, v.ElementID, v.BpmnElementType)
		return
	}
	c.State, c.EndedAt = state, r.Timestamp
	// An instance that is a payment learns its end here; one that is none has no row to change.
	if p := e.changes.Payments[r.Key]; p != nil || c.New == nil {
		p = e.payment(r.Key, r.Timestamp)
		p.EndedAt = r.Timestamp
	}
}

// change is what happens to an instance in this run.
func (e *Exporter) change(key int64) *ops.InstanceChange {
	c := e.changes.Instances[key]
	if c == nil {
		c = &ops.InstanceChange{}
		e.changes.Instances[key] = c
	}
	return c
}

// job keeps open jobs. A job that came to be and ended in the same run leaves no trace.
func (e *Exporter) job(r *record.Record, v *record.Job) {
	switch r.Intent {
	case record.JobCompleted, record.JobCanceled, record.JobErrorThrown:
		e.drop(r.Key)
	case record.JobCreated:
		e.put(r.Key, v, v.Worker, v.Deadline, r.Timestamp)
	case record.JobTimedOut, record.JobYielded, record.JobFailed, record.JobRecurredAfterBackoff:
		e.put(r.Key, v, "", 0, 0)
	default:
		e.put(r.Key, v, v.Worker, v.Deadline, 0)
	}
}

// jobBatch notes who has the jobs that were handed out.
func (e *Exporter) jobBatch(v *record.JobBatch) {
	for i := range min(len(v.JobKeys), len(v.Jobs)) {
		job := &v.Jobs[i]
		e.put(v.JobKeys[i], job, v.Worker, job.Deadline, 0)
	}
}

// put notes how a job is now. The time it was created is known from its first record only.
func (e *Exporter) put(key int64, v *record.Job, worker string, deadline, createdAt int64) {
	if job := e.changes.Jobs[key]; job != nil && createdAt == 0 {
		createdAt = job.CreatedAt
	}
	e.changes.Jobs[key] = &ops.Job{
		Key: key, InstanceKey: v.ProcessInstanceKey, ProcessID: v.BpmnProcessID, ElementID: v.ElementID, Type: v.Type,
		Worker: worker, Retries: v.Retries, Deadline: max(0, deadline), CreatedAt: createdAt, Error: v.ErrorMessage,
	}
}

// drop forgets a job; one that this run made needs no row at all.
func (e *Exporter) drop(key int64) {
	if job := e.changes.Jobs[key]; job != nil && job.CreatedAt != 0 {
		delete(e.changes.Jobs, key)
		return
	}
	e.changes.Jobs[key] = nil
}

func (e *Exporter) incident(r *record.Record, v *record.Incident) {
	i := e.changes.Incidents[r.Key]
	switch r.Intent {
	case record.IncidentCreated:
		e.changes.Incidents[r.Key] = &ops.Incident{
			Key: r.Key, InstanceKey: v.ProcessInstanceKey, ProcessID: v.BpmnProcessID, ElementID: v.ElementID,
			JobKey: max(0, v.JobKey), ErrorType: v.ErrorType, Error: v.ErrorMessage, CreatedAt: r.Timestamp,
		}
	case record.IncidentResolved:
		if i == nil {
			i = &ops.Incident{Key: r.Key}
			e.changes.Incidents[r.Key] = i
		}
		i.ResolvedAt = r.Timestamp
	}
}

// message keeps what waits for somebody to come.
func (e *Exporter) message(r *record.Record, v *record.Message) {
	switch r.Intent {
	case record.MessagePublished:
		if v.TimeToLive > 0 {
			e.changes.Messages[r.Key] = &ops.Message{
				Key: r.Key, Name: v.Name, CorrelationKey: v.CorrelationKey, MessageID: v.MessageID,
				PublishedAt: r.Timestamp, Deadline: v.Deadline,
			}
		}
	case record.MessageExpired:
		if e.changes.Messages[r.Key] != nil {
			delete(e.changes.Messages, r.Key)
			return
		}
		e.changes.Messages[r.Key] = nil
	}
}

// variables notes those of an instance's root scope that matter for a payment.
func (e *Exporter) variables(r *record.Record, v *record.Variables) {
	if v.ScopeKey != v.ProcessInstanceKey {
		return
	}
	v.Document.Each(func(entry record.Entry) bool {
		if ops.IsFact(entry.Name) {
			e.payment(v.ScopeKey, r.Timestamp).Facts[entry.Name] = json.RawMessage(entry.Value)
		}
		return true
	})
}

func (e *Exporter) variable(r *record.Record, v *record.Variable) {
	if v.ScopeKey == v.ProcessInstanceKey && ops.IsFact(v.Name) {
		e.payment(v.ScopeKey, r.Timestamp).Facts[v.Name] = v.Value
	}
}

// payment is what is new about a payment in this run.
func (e *Exporter) payment(key, now int64) *ops.PaymentChange {
	p := e.changes.Payments[key]
	if p == nil {
		p = &ops.PaymentChange{Facts: map[string]json.RawMessage{}}
		e.changes.Payments[key] = p
	}
	p.ChangedAt = now
	return p
}

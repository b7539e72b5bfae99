package core_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/coretest"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// backend runs scenarios on a core over a store in memory. Every batch goes through its coded form, as in the log.
type backend struct {
	limits  core.Limits
	core    *core.Core
	store   *state.Memory
	now     int64
	request uint64
	answers map[uint64]record.Record // responses that nobody has asked for yet
	records []coretest.Record
	log     [][]byte // the coded batches
	checked bool     // verify every decision
	hasty   bool     // send the next command before what the one before it led to is done
	next    int64    // the next free position
}

func (b *backend) Reset() error {
	*b = backend{limits: b.limits, checked: b.checked, hasty: b.hasty, next: 1, store: state.NewMemory(), now: start, answers: map[uint64]record.Record{}}
	b.core = core.New(1, 1, b.store, b.limits)
	return b.drain()
}

// start is 2026-03-29T00:30:00Z: a day on which clocks in Europe are changed.
const start = 1774744200000

func (b *backend) Advance(d time.Duration) error {
	b.now += d.Milliseconds()
	return b.drain()
}

func (b *backend) Records(from int) ([]coretest.Record, error) { return b.records[from:], nil }

// drain lets the core do by itself what is due.
func (b *backend) drain() error {
	for range 1_000 {
		due, _ := b.core.Due(b.now)
		if !due {
			return nil
		}
		if err := b.decide(); err != nil {
			return err
		}
	}
	return fmt.Errorf("something stays due at %d", b.now)
}

func (b *backend) decide(commands ...core.Command) error {
	in := core.Input{Now: b.now, Seed: uint64(len(b.log)) + 1, Commands: commands}
	if b.checked { // a decision that comes to nothing must leave nothing behind: verify compares with a new core
		b.core.Decide(core.Input{Now: b.now + time.Hour.Milliseconds(), Seed: in.Seed + 1, Commands: commands})
	}
	out := b.core.Decide(in)
	if out.Batch == nil {
		return nil
	}
	if b.checked {
		if err := b.verify(in, out); err != nil {
			return err
		}
	}
	coded := out.Batch.Append(nil)
	b.log = append(b.log, coded)
	rows, err := record.DecodeRows(coded)
	if err != nil {
		return err
	}
	b.store.Apply(rows)
	b.core.Committed(out.Batch)
	for _, r := range out.Responses {
		b.answers[r.RequestID] = r.Record
	}
	if len(out.Sends) > 0 {
		return fmt.Errorf("%d commands were sent to other partitions, there are none", len(out.Sends))
	}
	return b.show(coded, out.Responses)
}

// show appends the records of a coded batch in the exporters' form.
func (b *backend) show(coded []byte, responses []core.Response) error {
	batch, err := record.DecodeBatch(coded)
	if err != nil {
		return err
	}
	for i := range batch.Records {
		r := &batch.Records[i]
		if v, ok := r.Value.(*record.JobBatch); ok && r.Type == record.Event {
			withVariables(v, responses)
		}
		if err := record.Expand(r, b.export); err != nil {
			return err
		}
	}
	return nil
}

// withVariables gives the jobs of a batch the variables that only the answer to the worker carries.
func withVariables(v *record.JobBatch, responses []core.Response) {
	for _, r := range responses {
		if given, ok := r.Record.Value.(*record.JobBatch); ok {
			v.Jobs = given.Jobs
		}
	}
}

func (b *backend) export(r *record.Record) error {
	text, err := json.Marshal(record.NewEnvelope(r, 1, "test"))
	if err != nil {
		return fmt.Errorf("%s: %w", r.ValueType, err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var out coretest.Record
	if err := d.Decode(&out); err != nil {
		return err
	}
	b.records = append(b.records, out)
	return nil
}

func (b *backend) Send(r coretest.Request) (coretest.Answer, error) {
	command, err := commandOf(r)
	if err != nil {
		return coretest.Answer{Rejection: "status InvalidArgument", Reason: err.Error()}, nil
	}
	b.request++
	b.now += 7 // as time goes by between two calls: what is due at the same moment was not asked for at the same moment
	if err := b.decide(core.Command{RequestID: b.request, Record: command}); err != nil {
		return coretest.Answer{}, err
	}
	answer, ok := b.answers[b.request]
	if !b.hasty || !ok {
		if err := b.drain(); err != nil {
			return coretest.Answer{}, err
		}
		answer, ok = b.answers[b.request]
	}
	if !ok {
		return coretest.Answer{}, fmt.Errorf("no answer to %s", coretest.FormatCommand(r.Command))
	}
	if answer.IsRejection() {
		return coretest.Answer{Rejection: answer.RejectionType.String(), Reason: answer.RejectionReason}, nil
	}
	if result, ok := answer.Value.(*record.ProcessInstanceResult); ok {
		return coretest.Answer{Variables: string(result.Variables.AppendJSON(nil))}, nil
	}
	return coretest.Answer{}, nil
}

// commandOf makes the record that the gateway makes of a call.
func commandOf(r coretest.Request) (record.Record, error) {
	switch c := r.Command.(type) {
	case *coretest.Deploy:
		d := &record.Deployment{TenantID: record.DefaultTenant}
		for _, x := range r.Resources {
			d.Resources = append(d.Resources, record.DeploymentResource{ResourceName: x.Name, Resource: x.Content})
		}
		return record.NewCommand(-1, record.DeploymentCreate, d), nil
	case *coretest.Create:
		return createCommand(c)
	case *coretest.Cancel:
		return record.NewCommand(r.Key, record.ProcessInstanceCancel, &record.ProcessInstance{TenantID: record.DefaultTenant}), nil
	case *coretest.Resolve:
		return record.NewCommand(r.Key, record.IncidentResolve, &record.Incident{TenantID: record.DefaultTenant}), nil
	case *coretest.Publish:
		variables, err := document(c.Variables)
		return record.NewCommand(-1, record.MessagePublish, &record.Message{
			Name: c.Name, CorrelationKey: c.Key, MessageID: c.ID, TimeToLive: c.TTL.Milliseconds(), Deadline: -1,
			Variables: variables, TenantID: record.DefaultTenant,
		}), err
	case *coretest.SetVariables:
		variables, err := document(c.Variables)
		return record.NewCommand(-1, record.VariableDocumentUpdate, &record.VariableDocument{
			ScopeKey: r.Key, Local: c.Local, Variables: variables, TenantID: record.DefaultTenant,
		}), err
	}
	return jobCommand(r)
}

func createCommand(c *coretest.Create) (record.Record, error) {
	variables, err := document(c.Variables)
	v := &record.ProcessInstanceCreation{
		BpmnProcessID: c.Process, Version: c.Version, Variables: variables, TenantID: record.DefaultTenant,
	}
	if v.Version == 0 {
		v.Version = -1
	}
	if c.Fetch != "" {
		v.FetchVariables = strings.Split(c.Fetch, ",")
	}
	intent := record.ProcessInstanceCreationCreate
	if c.Result {
		intent = record.ProcessInstanceCreationCreateWithAwaitingResult
	}
	return record.NewCommand(-1, intent, v), err
}

func jobCommand(r coretest.Request) (record.Record, error) {
	v := &record.Job{TenantID: record.DefaultTenant}
	var err error
	switch c := r.Command.(type) {
	case *coretest.Activate:
		batch := &record.JobBatch{
			Type: c.Type, Worker: c.Worker, Timeout: c.Timeout.Milliseconds(), MaxJobsToActivate: c.Max,
			TenantIDs: []string{record.DefaultTenant},
		}
		if c.Fetch != "" {
			batch.FetchVariables = strings.Split(c.Fetch, ",")
		}
		return record.NewCommand(-1, record.JobBatchActivate, batch), nil
	case *coretest.Complete:
		v.Variables, err = document(c.Variables)
		return record.NewCommand(r.Key, record.JobComplete, v), err
	case *coretest.Fail:
		v.Retries, v.RetryBackoff, v.ErrorMessage = c.Retries, c.Backoff.Milliseconds(), c.Message
		v.Variables, err = document(c.Variables)
		return record.NewCommand(r.Key, record.JobFail, v), err
	case *coretest.Throw:
		v.ErrorCode, v.ErrorMessage = c.Code, c.Message
		v.Variables, err = document(c.Variables)
		return record.NewCommand(r.Key, record.JobThrowError, v), err
	case *coretest.UpdateRetries:
		v.Retries = c.Retries
		return record.NewCommand(r.Key, record.JobUpdateRetries, v), nil
	case *coretest.UpdateTimeout:
		v.Timeout = c.Timeout.Milliseconds()
		return record.NewCommand(r.Key, record.JobUpdateTimeout, v), nil
	}
	return record.Record{}, fmt.Errorf("unknown command %T", r.Command)
}

func document(text string) (record.Document, error) {
	if text == "" {
		text = "{}"
	}
	return record.ParseDocument([]byte(text))
}

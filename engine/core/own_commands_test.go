package core_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
)

// engine is a checked backend with the models of testdata deployed, for the commands that Zeebe does not have.
type engine struct {
	*testing.T
	*backend
}

func newEngine(t *testing.T, models ...string) *engine {
	t.Helper()
	e := &engine{t, &backend{checked: true}}
	if err := e.Reset(); err != nil {
		t.Fatal(err)
	}
	d := &record.Deployment{TenantID: record.DefaultTenant}
	for _, name := range models {
		content, err := os.ReadFile(filepath.Join(testdata, "models", name))
		if err != nil {
			t.Fatal(err)
		}
		d.Resources = append(d.Resources, record.DeploymentResource{ResourceName: name, Resource: content})
	}
	e.ask(-1, record.DeploymentCreate, d)
	return e
}

// ask sends a command and returns what its sender gets.
func (e *engine) ask(key int64, intent record.Intent, v record.Value) record.Record {
	e.Helper()
	e.request++
	if err := e.decide(core.Command{RequestID: e.request, Record: record.NewCommand(key, intent, v)}); err != nil {
		e.Fatal(err)
	}
	if err := e.drain(); err != nil {
		e.Fatal(err)
	}
	answer, ok := e.answers[e.request]
	if !ok {
		e.Fatalf("no answer to %s %d", v.ValueType(), intent)
	}
	return answer
}

func (e *engine) advance(d time.Duration) {
	e.Helper()
	if err := e.Advance(d); err != nil {
		e.Fatal(err)
	}
}

// restart makes a new core over the state, as after a crash or on a new leader.
func (e *engine) restart() { e.core = core.New(1, 1, e.store, e.limits) }

func (e *engine) createOnce(id, body string) record.Record {
	e.Helper()
	variables, err := record.ParseDocument([]byte(body))
	if err != nil {
		e.Fatal(err)
	}
	return e.ask(-1, record.CreatedOnceCreate, &record.CreatedOnce{
		TenantID: "greenbank", API: "transfer", IdempotencyKey: id, BodyHash: []byte(body), BpmnProcessID: "service_task",
		Version: -1, Variables: variables,
	})
}

// completeJob activates the oldest job of type "work" and completes it.
func (e *engine) completeJob() {
	e.Helper()
	answer := e.ask(-1, record.JobBatchActivate, &record.JobBatch{Type: "work", Worker: "w", Timeout: 60_000, MaxJobsToActivate: 1})
	jobs := answer.Value.(*record.JobBatch).JobKeys
	if len(jobs) != 1 {
		e.Fatalf("%d jobs, want 1", len(jobs))
	}
	e.ask(jobs[0], record.JobComplete, &record.Job{})
}

func TestAnInstanceIsCreatedOnce(t *testing.T) {
	e := newEngine(t, "service_task.bpmn")
	first := e.createOnce("id-1", `{"amount":"10.50"}`)
	key := first.Value.(*record.CreatedOnce).ProcessInstanceKey
	if first.Intent != record.CreatedOnceCreated || key <= 0 {
		t.Fatalf("%+v", first)
	}
	same := func(when string) {
		t.Helper()
		again := e.createOnce("id-1", `{"amount":"10.50"}`)
		v := again.Value.(*record.CreatedOnce)
		if again.Intent != record.CreatedOnceRepeated || v.ProcessInstanceKey != key {
			t.Errorf("%s: %+v", when, v)
		}
	}
	same("at once")
	e.restart()
	same("after a restart")
	if other := e.createOnce("id-1", `{"amount":"11.00"}`); other.RejectionType != record.AlreadyExists {
		t.Errorf("another body: %+v", other)
	}
	if other := e.createOnce("id-2", `{"amount":"10.50"}`); other.Value.(*record.CreatedOnce).ProcessInstanceKey == key {
		t.Error("another id got the first one's instance")
	}
	e.completeJob()
	same("after the instance ended")
	e.advance(89 * 24 * time.Hour)
	same("before the retention is over")
	e.advance(2 * 24 * time.Hour)
	if later := e.createOnce("id-1", `{"amount":"10.50"}`); later.Intent != record.CreatedOnceCreated {
		t.Errorf("after the retention: %+v", later.Value)
	}
}

func TestAnInstanceThatStillRunsIsNeverForgotten(t *testing.T) {
	e := newEngine(t, "service_task.bpmn")
	first := e.createOnce("id-1", `{}`)
	e.advance(1000 * 24 * time.Hour)
	again := e.createOnce("id-1", `{}`)
	if again.Intent != record.CreatedOnceRepeated || again.Value.(*record.CreatedOnce).ProcessInstanceKey != first.Key {
		t.Errorf("%+v", again.Value)
	}
}

func TestLookupTellsStateAndVariables(t *testing.T) {
	e := newEngine(t, "service_task.bpmn")
	key := e.createOnce("id-1", `{"a":1}`).Key
	byID := core.LookupRequest{TenantID: "greenbank", API: "transfer", IdempotencyKey: "id-1"}
	expect := func(state string, open int) {
		t.Helper()
		for _, request := range []core.LookupRequest{byID, {ProcessInstanceKey: key}} {
			found := e.core.Lookup(request)
			if !found.Found || found.ProcessInstanceKey != key || found.State != state ||
				string(found.Variables.AppendJSON(nil)) != `{"a":1}` || len(found.Incidents) != open {
				t.Errorf("%+v", found)
			}
		}
	}
	expect(record.InstanceActive, 0)
	jobs := e.ask(-1, record.JobBatchActivate, &record.JobBatch{Type: "work", Worker: "w", Timeout: 60_000, MaxJobsToActivate: 1})
	job := jobs.Value.(*record.JobBatch).JobKeys[0]
	e.ask(job, record.JobFail, &record.Job{Retries: 0, ErrorMessage: "no"})
	expect(record.InstanceActive, 1)
	e.restart()
	e.ask(job, record.JobUpdateRetries, &record.Job{Retries: 1})
	e.ask(e.core.Lookup(byID).Incidents[0].Key, record.IncidentResolve, &record.Incident{})
	expect(record.InstanceActive, 0)
	e.completeJob()
	expect(record.InstanceCompleted, 0)
	byID.IdempotencyKey = "id-2"
	if found := e.core.Lookup(byID); found.Found {
		t.Errorf("%+v", found)
	}
}

func TestLookupTellsACancellation(t *testing.T) {
	e := newEngine(t, "service_task.bpmn")
	key := e.createOnce("id-1", `{}`).Key
	e.ask(key, record.ProcessInstanceCancel, &record.ProcessInstance{})
	if found := e.core.Lookup(core.LookupRequest{ProcessInstanceKey: key}); found.State != record.InstanceTerminated {
		t.Errorf("%+v", found)
	}
}

// Variables given back by a failing job are local to its task: the next worker sees them, nobody else does. Zeebe does
// so too, but its test kit does not pass them on, so that no trace could be recorded.
func TestVariablesOfAFailedJobStayAtItsTask(t *testing.T) {
	e := newEngine(t, "two_tasks.bpmn")
	e.ask(-1, record.ProcessInstanceCreationCreate, &record.ProcessInstanceCreation{BpmnProcessID: "two_tasks", Version: -1, TenantID: record.DefaultTenant})
	activate := func(kind string) (int64, string) {
		t.Helper()
		answer := e.ask(-1, record.JobBatchActivate, &record.JobBatch{Type: kind, Worker: "w", Timeout: 60_000, MaxJobsToActivate: 1})
		batch := answer.Value.(*record.JobBatch)
		if len(batch.JobKeys) != 1 {
			t.Fatalf("no job of type %s", kind)
		}
		return batch.JobKeys[0], string(batch.Jobs[0].Variables.AppendJSON(nil))
	}
	job, _ := activate("first")
	e.ask(job, record.JobFail, &record.Job{Retries: 1, Variables: mustDocument(t, `{"attempt":1}`)})
	job, sees := activate("first")
	if sees != `{"attempt":1}` {
		t.Errorf("the next worker sees %s", sees)
	}
	e.ask(job, record.JobComplete, &record.Job{})
	if _, sees := activate("second"); sees != `{}` {
		t.Errorf("the next task sees %s", sees)
	}
}

func mustDocument(t *testing.T, text string) record.Document {
	t.Helper()
	d, err := record.ParseDocument([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAPublishedMessageTellsItsOutcome(t *testing.T) {
	e := newEngine(t, "message_catch.bpmn", "message_start.bpmn")
	publish := func(name, key, id string, ttl time.Duration) record.Intent {
		t.Helper()
		answer := e.ask(-1, record.MessagePublish, &record.Message{
			Name: name, CorrelationKey: key, MessageID: id, TimeToLive: ttl.Milliseconds(), Deadline: -1,
			TenantID: record.DefaultTenant, WithOutcome: true,
		})
		if answer.ValueType != record.MessageOutcomeValue {
			t.Fatalf("the answer is a %s", answer.ValueType)
		}
		return answer.Intent
	}
	e.ask(-1, record.ProcessInstanceCreationCreate, &record.ProcessInstanceCreation{
		BpmnProcessID: "message_catch", Version: -1, TenantID: record.DefaultTenant, Variables: mustDocument(t, `{"orderId":"o-1"}`),
	})
	for _, c := range []struct {
		name, key, id string
		ttl           time.Duration
		want          record.Intent
	}{
		{"paid", "o-2", "", 0, record.MessageOutcomeNotCorrelated},
		{"paid", "o-2", "x", time.Hour, record.MessageOutcomeBuffered},
		{"paid", "o-2", "x", time.Hour, record.MessageOutcomeDuplicate},
		{"paid", "o-1", "", time.Hour, record.MessageOutcomeCorrelated},
		{"paid", "o-1", "", 0, record.MessageOutcomeNotCorrelated},
		{"order", "k", "", 0, record.MessageOutcomeStarted},
	} {
		if got := publish(c.name, c.key, c.id, c.ttl); got != c.want {
			t.Errorf("%s %s %s: outcome %s, want %s", c.name, c.key, c.id, record.MessageOutcomeValue.IntentName(got),
				record.MessageOutcomeValue.IntentName(c.want))
		}
	}
}

func TestAHandBackEndsTheLeaseItNamesOnly(t *testing.T) {
	e := newEngine(t, "service_task.bpmn")
	e.createOnce("k", `{}`)
	lease := func(worker string) (int64, record.Job) {
		t.Helper()
		answer := e.ask(-1, record.JobBatchActivate, &record.JobBatch{Type: "work", Worker: worker, Timeout: 1000, MaxJobsToActivate: 1})
		batch := answer.Value.(*record.JobBatch)
		if len(batch.JobKeys) != 1 {
			t.Fatalf("%s got %d jobs", worker, len(batch.JobKeys))
		}
		return batch.JobKeys[0], batch.Jobs[0]
	}
	key, first := lease("first")
	e.advance(2 * time.Second)
	_, second := lease("second")
	yield := func(lease record.Job) {
		t.Helper()
		if err := e.decide(core.Command{Record: record.NewCommand(key, record.JobYield, &record.Job{Worker: lease.Worker, Deadline: lease.Deadline})}); err != nil {
			t.Fatal(err)
		}
	}
	yield(first) // late
	if answer := e.ask(-1, record.JobBatchActivate, &record.JobBatch{Type: "work", Worker: "third", Timeout: 1000, MaxJobsToActivate: 1}); len(answer.Value.(*record.JobBatch).JobKeys) != 0 {
		t.Error("a late hand-back took the job from the worker that has it")
	}
	yield(second)
	lease("third")
}

package core_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
)

// model is a BPMN file of processes in XML.
func model(processes ...string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="x">
<bpmn:message id="paid" name="paid"><bpmn:extensionElements><zeebe:subscription correlationKey="=key"/></bpmn:extensionElements></bpmn:message>
` + strings.Join(processes, "\n") + `</bpmn:definitions>`)
}

// process is a process whose elements, as XML without their flows, follow each other in a line, a
// boundary event beginning a new one. "start" and "end" get the process's id in front of theirs.
func process(id string, elements ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<bpmn:process id="%s" isExecutable="true">`, id)
	before := ""
	for _, e := range elements {
		e = strings.NewReplacer(`id="start"`, `id="`+id+`_start"`, `id="end"`, `id="`+id+`_end"`).Replace(e)
		b.WriteString(e)
		name := attribute(e, "id")
		if before != "" && !strings.Contains(e, "attachedToRef") {
			fmt.Fprintf(&b, `<bpmn:sequenceFlow id="%s_%s" sourceRef="%s" targetRef="%s"/>`, before, name, before, name)
		}
		before = name
	}
	b.WriteString(`</bpmn:process>`)
	return b.String()
}

func attribute(element, name string) string {
	_, rest, found := strings.Cut(element, " "+name+`="`)
	if !found {
		return ""
	}
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

const (
	startHere = `<bpmn:startEvent id="start"/>`
	endHere   = `<bpmn:endEvent id="end"/>`
	work      = `<bpmn:serviceTask id="task"><bpmn:extensionElements><zeebe:taskDefinition type="work"/></bpmn:extensionElements></bpmn:serviceTask>`
)

// with makes an engine with limits and a deployed file.
func with(t *testing.T, limits core.Limits, file []byte) *engine {
	t.Helper()
	e := &engine{t, &backend{checked: true, limits: limits}}
	if err := e.Reset(); err != nil {
		t.Fatal(err)
	}
	answer := e.ask(-1, record.DeploymentCreate, deployment(file))
	if answer.IsRejection() {
		t.Fatal(answer.RejectionReason)
	}
	return e
}

func deployment(file []byte) *record.Deployment {
	return &record.Deployment{TenantID: record.DefaultTenant, Resources: []record.DeploymentResource{{ResourceName: "file.bpmn", Resource: file}}}
}

func (e *engine) create(id, variables string) int64 {
	e.Helper()
	answer := e.send(-1, record.ProcessInstanceCreationCreate, creation(e.T, id, variables))
	if answer.IsRejection() {
		e.Fatal(answer.RejectionReason)
	}
	return answer.Value.(*record.ProcessInstanceCreation).ProcessInstanceKey
}

func creation(t *testing.T, id, variables string) *record.ProcessInstanceCreation {
	doc, err := document(variables)
	if err != nil {
		t.Fatal(err)
	}
	return &record.ProcessInstanceCreation{BpmnProcessID: id, Version: -1, Variables: doc, TenantID: record.DefaultTenant}
}

// send sends a command and does not wait for what it leads to, unless the answer does.
func (e *engine) send(key int64, intent record.Intent, v record.Value) record.Record {
	e.Helper()
	e.request++
	if err := e.decide(core.Command{RequestID: e.request, Record: record.NewCommand(key, intent, v)}); err != nil {
		e.Fatal(err)
	}
	return e.answers[e.request]
}

func (e *engine) jobs() []int64 {
	e.Helper()
	return e.send(-1, record.JobBatchActivate, &record.JobBatch{Type: "work", Worker: "w", Timeout: 60_000, MaxJobsToActivate: 10_000}).Value.(*record.JobBatch).JobKeys
}

// seen tells how many records of an intent an element has.
func (e *engine) seen(element, intent string) (n int) {
	for _, r := range e.records {
		if r.Intent == intent && r.Value["elementId"] == element {
			n++
		}
	}
	return n
}

// ended fails the test unless everything has ended and left nothing but the definitions.
func (e *engine) ended(before map[string]string) {
	e.Helper()
	for key := range rows(e.store) {
		if _, ok := before[key]; !ok {
			e.Errorf("a row is left: %q", key)
		}
	}
}

func TestADiscardedDeploymentLeavesNothing(t *testing.T) {
	e := newEngine(t)
	decide := func(file []byte) core.Output {
		return e.core.Decide(core.Input{Now: e.now, Commands: []core.Command{
			{RequestID: 1, Record: record.NewCommand(-1, record.DeploymentCreate, deployment(file))},
			{RequestID: 2, Record: record.NewCommand(-1, record.ProcessInstanceCreationCreate, creation(t, "p", ""))},
		}})
	}
	decide(model(process("p", startHere, work, endHere))) // never committed
	straight := model(process("p", startHere, endHere))
	out := decide(straight)
	twin := core.New(1, 1, e.store, core.Limits{}).Decide(core.Input{Now: e.now, Commands: []core.Command{
		{RequestID: 1, Record: record.NewCommand(-1, record.DeploymentCreate, deployment(straight))},
		{RequestID: 2, Record: record.NewCommand(-1, record.ProcessInstanceCreationCreate, creation(t, "p", ""))},
	}})
	if string(out.Batch.Append(nil)) != string(twin.Batch.Append(nil)) {
		t.Error("the new definition has the key of the discarded one, and was taken for it")
	}
}

func TestTheLongestTimesNeverCome(t *testing.T) {
	e := with(t, core.Limits{}, model(
		process("work", startHere, work, endHere),
		process("waiting", startHere, `<bpmn:intermediateCatchEvent id="wait"><bpmn:messageEventDefinition messageRef="paid"/></bpmn:intermediateCatchEvent>`, endHere),
	))
	e.ask(-1, record.MessagePublish, &record.Message{Name: "paid", CorrelationKey: "k", TimeToLive: math.MaxInt64, TenantID: record.DefaultTenant})
	failed, held := e.create("work", ""), e.create("work", "")
	jobs := e.send(-1, record.JobBatchActivate, &record.JobBatch{Type: "work", Worker: "w", Timeout: math.MaxInt64, MaxJobsToActivate: 2}).Value.(*record.JobBatch).JobKeys
	e.ask(jobs[0], record.JobFail, &record.Job{Retries: 1, RetryBackoff: math.MaxInt64})
	e.ask(jobs[1], record.JobUpdateTimeout, &record.Job{Timeout: math.MaxInt64})
	e.advance(200 * 365 * 24 * time.Hour)
	if again := e.jobs(); len(again) != 0 {
		t.Errorf("jobs %v are offered again", again)
	}
	e.create("waiting", `{"key":"k"}`)
	if n := e.seen("wait", "ELEMENT_COMPLETED"); n != 1 {
		t.Errorf("the message did not wait: %d elements completed", n)
	}
	e.ask(failed, record.ProcessInstanceCancel, &record.ProcessInstance{})
	e.ask(jobs[1], record.JobComplete, &record.Job{})
	if e.core.Lookup(core.LookupRequest{ProcessInstanceKey: held}).Found {
		t.Error("the completed job's instance goes on")
	}
}

func TestAnEndlessLoopLetsOthersGoOn(t *testing.T) {
	loop := `<bpmn:process id="loop" isExecutable="true"><bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="a"/><bpmn:exclusiveGateway id="b"/>
<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="a"/><bpmn:sequenceFlow id="f2" sourceRef="a" targetRef="b"/><bpmn:sequenceFlow id="f3" sourceRef="b" targetRef="a"/></bpmn:process>`
	e := with(t, core.Limits{MaxRecords: 100}, model(loop, process("work", startHere, work, endHere)))
	before := rows(e.store)
	var loops []int64
	for range 3 {
		loops = append(loops, e.create("loop", ""))
	}
	for range 5 {
		e.create("work", "")
	}
	turn := func(times int) {
		for range times {
			if err := e.decide(); err != nil {
				t.Fatal(err)
			}
		}
	}
	turn(5)
	jobs := e.jobs()
	if len(jobs) != 5 {
		t.Fatalf("%d jobs beside the loops, want 5", len(jobs))
	}
	for _, job := range jobs {
		if answer := e.send(job, record.JobComplete, &record.Job{}); answer.IsRejection() {
			t.Fatal(answer.RejectionReason)
		}
	}
	turn(5)
	if n := e.seen("work", "ELEMENT_COMPLETED"); n != 5 {
		t.Errorf("%d instances completed beside the loops, want 5", n)
	}
	if due, _ := e.core.Due(e.now); !due {
		t.Error("the loops stand still")
	}
	for _, key := range loops {
		e.send(key, record.ProcessInstanceCancel, &record.ProcessInstance{})
	}
	if err := e.drain(); err != nil {
		t.Fatal(err)
	}
	e.ended(before)
}

// boundary is a service task with a timer that interrupts it.
func boundary(task string) []string {
	return []string{
		startHere, task, endHere,
		`<bpmn:boundaryEvent id="late" attachedToRef="task"><bpmn:timerEventDefinition><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>`,
		`<bpmn:endEvent id="after"/>`,
	}
}

func TestAnEventThatWasFirstKeepsTheJobFromCompleting(t *testing.T) {
	for _, intent := range []record.Intent{record.JobComplete, record.JobFail, record.JobThrowError} {
		// One record a decision: the termination that the timer begins is put off.
		e := with(t, core.Limits{MaxRecords: 1}, model(process("p", boundary(work)...)))
		before := rows(e.store)
		e.create("p", "")
		if err := e.drain(); err != nil {
			t.Fatal(err)
		}
		job := e.jobs()[0]
		e.now += time.Hour.Milliseconds()
		if answer := e.send(job, intent, &record.Job{}); answer.RejectionType != record.NotFound {
			t.Errorf("intent %d: %+v", intent, answer)
		}
		if err := e.drain(); err != nil {
			t.Fatal(err)
		}
		if e.seen("after", "ELEMENT_COMPLETED") != 1 || e.seen("p_end", "ELEMENT_ACTIVATED") != 0 {
			t.Errorf("intent %d: the instance did not go on from the timer", intent)
		}
		e.ended(before)
	}
}

func TestAnEventThatWasFirstKeepsACalledInstanceFromCompleting(t *testing.T) {
	call := `<bpmn:callActivity id="task"><bpmn:extensionElements><zeebe:calledElement processId="child"/></bpmn:extensionElements></bpmn:callActivity>`
	for wait := range 12 { // decisions between the job and the timer
		e := with(t, core.Limits{MaxRecords: 1}, model(process("p", boundary(call)...), process("child", startHere, strings.Replace(work, `id="task"`, `id="job"`, 1), endHere)))
		before := rows(e.store)
		e.create("p", "")
		if err := e.drain(); err != nil {
			t.Fatal(err)
		}
		e.send(e.jobs()[0], record.JobComplete, &record.Job{})
		for range wait {
			if err := e.decide(); err != nil {
				t.Fatal(err)
			}
		}
		e.advance(time.Hour)
		if late, done := e.seen("late", "ELEMENT_COMPLETED"), e.seen("p_end", "ELEMENT_COMPLETED"); late+done != 1 {
			t.Errorf("%d decisions between: the timer went on %d times, the call %d times", wait, late, done)
		}
		e.ended(before)
	}
}

func TestACalledInstanceDoesNotOutliveItsCaller(t *testing.T) {
	call := `<bpmn:callActivity id="call"><bpmn:extensionElements><zeebe:calledElement processId="child"/></bpmn:extensionElements></bpmn:callActivity>`
	for wait := range 16 { // decisions between the create and the cancel
		e := with(t, core.Limits{MaxRecords: 1}, model(process("p", startHere, call, endHere), process("child", startHere, work, endHere)))
		before := rows(e.store)
		key := e.create("p", `{"a":1}`)
		for range wait {
			if err := e.decide(); err != nil {
				t.Fatal(err)
			}
		}
		canceled := e.send(key, record.ProcessInstanceCancel, &record.ProcessInstance{})
		if err := e.drain(); err != nil {
			t.Fatal(err)
		}
		if canceled.IsRejection() {
			t.Fatalf("%d decisions between: %s", wait, canceled.RejectionReason)
		}
		e.ended(before)
	}
}

func TestAnInstanceIsThereOnceItsKeyIsTold(t *testing.T) {
	started := strings.Replace(startHere, `/>`, `><bpmn:messageEventDefinition messageRef="paid"/></bpmn:startEvent>`, 1)
	creates := func(e *engine) int64 { return e.create("p", `{"a":1}`) }
	once := func(e *engine) int64 {
		return e.send(-1, record.CreatedOnceCreate, &record.CreatedOnce{
			TenantID: "greenbank", API: "transfer", IdempotencyKey: fmt.Sprint(e.request), BpmnProcessID: "p", Version: -1,
		}).Value.(*record.CreatedOnce).ProcessInstanceKey
	}
	message := func(e *engine) int64 {
		answer := e.send(-1, record.MessagePublish, &record.Message{Name: "paid", WithOutcome: true, TenantID: record.DefaultTenant})
		return answer.Value.(*record.MessageOutcome).ProcessInstanceKeys[0]
	}
	for _, start := range []func(*engine) int64{creates, once, message} {
		// One record a decision: what the many before led to is put off, and takes many decisions.
		e := with(t, core.Limits{MaxRecords: 1}, model(process("p", startHere, work, endHere), process("m", started, strings.Replace(work, `id="task"`, `id="job"`, 1), endHere)))
		for range 5 {
			start(e)
		}
		changed, canceled := start(e), start(e)
		if answer := e.send(changed, record.VariableDocumentUpdate, &record.VariableDocument{ScopeKey: changed}); answer.IsRejection() {
			t.Error(answer.RejectionReason)
		}
		if answer := e.send(canceled, record.ProcessInstanceCancel, &record.ProcessInstance{}); answer.IsRejection() {
			t.Error(answer.RejectionReason)
		}
		if err := e.drain(); err != nil {
			t.Fatal(err)
		}
		if n := len(e.jobs()); n != 6 {
			t.Errorf("%d instances go on, want 6", n)
		}
	}
}

func TestTimersThatNobodyWantsDoNotKeepOthersFromFiring(t *testing.T) {
	// 600 instances wait at an incident beyond their task, whose timer has the same date in each.
	stuck := `<bpmn:serviceTask id="task"><bpmn:extensionElements><zeebe:taskDefinition type="work"/><zeebe:ioMapping><zeebe:output source="=assert(x, x != null)" target="y"/></zeebe:ioMapping></bpmn:extensionElements></bpmn:serviceTask>`
	timer := func(kind, value string) string {
		return fmt.Sprintf(`<bpmn:timerEventDefinition><bpmn:%s xsi:type="bpmn:tFormalExpression">%s</bpmn:%s></bpmn:timerEventDefinition>`, kind, value, kind)
	}
	e := with(t, core.Limits{}, model(
		process("stuck", startHere, stuck, endHere, `<bpmn:boundaryEvent id="late" attachedToRef="task">`+timer("timeDate", "2026-03-29T02:00:00Z")+`</bpmn:boundaryEvent>`, `<bpmn:endEvent id="after"/>`),
		process("timed", startHere, `<bpmn:intermediateCatchEvent id="wait">`+timer("timeDate", "2026-03-29T02:00:00Z")+`</bpmn:intermediateCatchEvent>`, endHere),
	))
	e.checked = false // takes long with so many rows
	for range 600 {
		e.create("stuck", "")
	}
	for _, job := range e.jobs() {
		e.send(job, record.JobComplete, &record.Job{})
	}
	e.create("timed", "")
	e.advance(3 * time.Hour)
	if n := e.seen("wait", "ELEMENT_COMPLETED"); n != 1 {
		t.Errorf("the timer behind those that nobody wants fired %d times, want once", n)
	}
	e.restart()
	if err := e.drain(); err != nil {
		t.Fatal(err)
	}
	if due, _ := e.core.Due(e.now); due {
		t.Error("something stays due")
	}
}

func TestADecisionIsBoundedInBytes(t *testing.T) {
	call := `<bpmn:callActivity id="call"><bpmn:extensionElements><zeebe:calledElement processId="=&quot;again&quot;"/></bpmn:extensionElements></bpmn:callActivity>`
	e := with(t, core.Limits{MaxBytes: 256 << 10}, model(process("again", startHere, call, endHere)))
	e.checked = false
	key := e.create("again", `{"a":"`+strings.Repeat("x", 64<<10)+`"}`)
	for range 3 {
		if err := e.decide(); err != nil {
			t.Fatal(err)
		}
	}
	for i, coded := range e.log {
		if len(coded) > 1<<20 {
			t.Errorf("batch %d has %d KB", i, len(coded)>>10)
		}
	}
	e.send(key, record.ProcessInstanceCancel, &record.ProcessInstance{})
	if err := e.drain(); err != nil {
		t.Fatal(err)
	}
}

func TestAJobThatNoMessageCanHoldDoesNotKeepOthersWaiting(t *testing.T) {
	e := with(t, core.Limits{}, model(process("p", startHere, work, endHere)))
	e.checked = false
	before := rows(e.store)
	large := e.create("p", `{"a":"`+strings.Repeat("x", 5<<20)+`","b":1}`)
	e.create("p", `{"b":2}`)
	if jobs := e.jobs(); len(jobs) != 1 {
		t.Fatalf("%d jobs, want the small one alone", len(jobs))
	}
	found := e.core.Lookup(core.LookupRequest{ProcessInstanceKey: large})
	if len(found.Incidents) != 1 || found.Incidents[0].ErrorType != record.ErrorTypeMessageSizeExceeded {
		t.Fatalf("incidents: %+v", found.Incidents)
	}
	e.ask(found.Incidents[0].Key, record.IncidentResolve, &record.Incident{})
	some := &record.JobBatch{Type: "work", Worker: "w", Timeout: 60_000, MaxJobsToActivate: 1, FetchVariables: []string{"b"}}
	given := e.ask(-1, record.JobBatchActivate, some).Value.(*record.JobBatch)
	if len(given.JobKeys) != 1 {
		t.Fatal("a worker that wants the small variables alone does not get the job")
	}
	e.ask(given.JobKeys[0], record.JobComplete, &record.Job{})
	e.advance(time.Hour)
	e.ask(e.jobs()[0], record.JobComplete, &record.Job{})
	e.ended(before)
}

func TestCallsWithoutEndComeToAnIncident(t *testing.T) {
	call := `<bpmn:callActivity id="call"><bpmn:extensionElements><zeebe:calledElement processId="=&quot;again&quot;"/></bpmn:extensionElements></bpmn:callActivity>`
	e := with(t, core.Limits{}, model(process("again", startHere, call, endHere)))
	e.checked = false
	before := rows(e.store)
	key := e.create("again", `{"a":1}`)
	if err := e.drain(); err != nil {
		t.Fatal(err)
	}
	found := e.core.Lookup(core.LookupRequest{ProcessInstanceKey: key})
	if len(found.Incidents) != 1 || found.Incidents[0].ErrorType != record.ErrorTypeCalledElement {
		t.Fatalf("incidents: %+v", found.Incidents)
	}
	if n := e.seen("again", "ELEMENT_ACTIVATED"); n != 1000 {
		t.Errorf("%d instances, want 1000", n)
	}
	e.send(key, record.ProcessInstanceCancel, &record.ProcessInstance{})
	if err := e.drain(); err != nil {
		t.Fatal(err)
	}
	e.ended(before)
}

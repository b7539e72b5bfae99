package core

import (
	"testing"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

const oneTask = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="x">
<bpmn:process id="benchmark" isExecutable="true">
<bpmn:startEvent id="s"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t"/>
<bpmn:serviceTask id="t"><bpmn:extensionElements><zeebe:taskDefinition type="benchmark-task"/></bpmn:extensionElements><bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:serviceTask>
<bpmn:sequenceFlow id="f2" sourceRef="t" targetRef="e"/>
<bpmn:endEvent id="e"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
</bpmn:process></bpmn:definitions>`

// machine is a core over a store in memory.
type machine struct {
	*Core
	store *state.Memory
	now   int64
}

func newMachine() *machine {
	store := state.NewMemory()
	return &machine{Core: New(1, 1, store, Limits{}), store: store, now: 1_000_000}
}

func (m *machine) do(t testing.TB, key int64, intent record.Intent, value record.Value) (Output, record.Record) {
	t.Helper()
	out := m.Decide(Input{Now: m.now, Commands: []Command{{RequestID: 1, Record: record.NewCommand(key, intent, value)}}})
	if out.Batch == nil {
		t.Fatal("no batch")
	}
	coded := out.Batch.Append(nil)
	rows, err := record.DecodeRows(coded)
	if err != nil {
		t.Fatal(err)
	}
	m.store.Apply(rows)
	m.Committed(out.Batch)
	if len(out.Responses) == 0 {
		return out, record.Record{}
	}
	return out, out.Responses[0].Record
}

func TestOneTaskRunsAndLeavesNothingBehind(t *testing.T) {
	m := newMachine()
	m.do(t, -1, record.DeploymentCreate, &record.Deployment{Resources: []record.DeploymentResource{{ResourceName: "a.bpmn", Resource: []byte(oneTask)}}, TenantID: record.DefaultTenant})
	m.Decide(Input{Now: m.now})
	before := m.store.Len()
	doc, err := record.ParseDocument([]byte(`{"a":1,"b":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	_, created := m.do(t, -1, record.ProcessInstanceCreationCreate, &record.ProcessInstanceCreation{BpmnProcessID: "benchmark", Version: -1, Variables: doc, TenantID: record.DefaultTenant})
	if created.IsRejection() {
		t.Fatal(created.RejectionReason)
	}
	_, activated := m.do(t, -1, record.JobBatchActivate, &record.JobBatch{Type: "benchmark-task", Worker: "w", Timeout: 1000, MaxJobsToActivate: 5})
	batch := activated.Value.(*record.JobBatch)
	if len(batch.JobKeys) != 1 || batch.Jobs[0].Variables.String() != `{"a":1,"b":"x"}` {
		t.Fatalf("%+v", batch)
	}
	out, _ := m.do(t, batch.JobKeys[0], record.JobComplete, &record.Job{Variables: doc})
	for i := range out.Batch.Records {
		r := &out.Batch.Records[i]
		t.Log(r.Position, r.Type, r.ValueType, r.IntentName())
	}
	if m.store.Len() != before {
		t.Errorf("%d rows before, %d after", before, m.store.Len())
	}
}

package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// sharedLog is the log and state of one partition as all its replicas agree on them: only the leader
// of the newest term commits.
type sharedLog struct {
	sync.RWMutex
	store  *state.Memory
	term   uint64
	leader int
}

// replicaLog is one replica's end of it.
type replicaLog struct {
	*sharedLog
	node   int
	change chan partition.Leadership
}

func (l *replicaLog) Propose(term uint64, _ []byte, rows []record.Row) error {
	l.Lock()
	defer l.Unlock()
	if l.leader != l.node || l.term != term {
		return partition.ErrNotLeader
	}
	l.store.Apply(rows)
	return nil
}

func (l *replicaLog) Leadership() <-chan partition.Leadership { return l.change }

func (l *replicaLog) Full() error { return nil }

// engines is a cluster of routers with real partitions over logs in memory.
type engines struct {
	*world
	shared map[int32]*sharedLog
	ends   map[int32][]*replicaLog
}

func newEngines(t *testing.T, nodes, partitions int) *engines {
	t.Helper()
	return newPatientEngines(t, nodes, partitions, 0)
}

// newPatientEngines says how long a peer may say nothing; 0 as usual.
func newPatientEngines(t *testing.T, nodes, partitions int, silence time.Duration) *engines {
	t.Helper()
	e := &engines{world: newWorld(t, nodes, 0, func(c *Config) { c.Partitions, c.Silence = int32(partitions), silence }), shared: map[int32]*sharedLog{}, ends: map[int32][]*replicaLog{}}
	for id := int32(1); id <= int32(partitions); id++ {
		shared := &sharedLog{store: state.NewMemory(), leader: -1}
		e.shared[id] = shared
		for i, n := range e.nodes {
			log := &replicaLog{sharedLog: shared, node: i, change: make(chan partition.Leadership, 4)}
			e.ends[id] = append(e.ends[id], log)
			p := partition.Open(partition.Config{
				ID: id, Log: log, Reading: shared.RLocker(),
				NewMachine:    func() partition.Machine { return core.New(id, int32(partitions), shared.store, core.Limits{}) },
				JobsAvailable: n.JobsAvailable, Send: func(sends []record.Send) { n.Sent(id, sends) },
				Led:         func(leads bool, term uint64, m partition.Machine) { n.Led(id, leads, term, m) },
				Undelivered: func(yields []record.Record) { n.postAll(id, yields) },
			})
			t.Cleanup(p.Close)
			n.Add(id, p)
		}
	}
	for _, n := range e.nodes {
		n.MembersChanged()
	}
	for id := int32(1); id <= int32(partitions); id++ {
		e.elect(id, (int(id)-1)%nodes)
	}
	return e
}

func (n *node) postAll(id int32, commands []record.Record) {
	for _, c := range commands {
		n.Post(id, c)
	}
}

// elect moves the leadership of a partition.
func (e *engines) elect(id int32, to int) {
	shared := e.shared[id]
	shared.Lock()
	old := shared.leader
	shared.term++
	shared.leader = to
	term := shared.term
	shared.Unlock()
	if old >= 0 && old != to {
		e.ends[id][old].change <- partition.Leadership{}
	}
	e.ends[id][to].change <- partition.Leadership{Leader: true, Term: term}
}

const workModel = `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="http://payhub/test/cluster">
  <message id="m-paid" name="paid"><extensionElements><zeebe:subscription correlationKey="=orderId"/></extensionElements></message>
  <process id="order" isExecutable="true">
    <startEvent id="start"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="pay"/>
    <receiveTask id="pay" messageRef="m-paid"/>
    <sequenceFlow id="f2" sourceRef="pay" targetRef="ship"/>
    <serviceTask id="ship"><extensionElements><zeebe:taskDefinition type="ship"/></extensionElements></serviceTask>
    <sequenceFlow id="f3" sourceRef="ship" targetRef="end"/>
    <endEvent id="end"/>
  </process>
  <process id="work" isExecutable="true">
    <startEvent id="start2"/>
    <sequenceFlow id="g1" sourceRef="start2" targetRef="task"/>
    <serviceTask id="task"><extensionElements><zeebe:taskDefinition type="work"/></extensionElements></serviceTask>
    <sequenceFlow id="g2" sourceRef="task" targetRef="end2"/>
    <endEvent id="end2"/>
  </process>
</definitions>`

// deploy deploys the model and waits until every partition knows it.
func (e *engines) deploy() {
	e.t.Helper()
	answer, err := e.nodes[0].Submit(e.t.Context(), 1, record.NewCommand(-1, record.DeploymentCreate, &record.Deployment{
		Resources:     []record.DeploymentResource{{ResourceName: "test.bpmn", Resource: []byte(workModel)}},
		DeploymentKey: -1, TenantID: record.DefaultTenant,
	}))
	if err != nil || answer.IsRejection() {
		e.t.Fatalf("deploy: %v %s", err, answer.RejectionReason)
	}
	var keys []int64
	for _, p := range answer.Value.(*record.Deployment).ProcessesMetadata {
		keys = append(keys, p.ProcessDefinitionKey)
	}
	ctx, cancel := context.WithTimeout(e.t.Context(), 5*time.Second)
	defer cancel()
	AwaitDefinitions(ctx, e.nodes[len(e.nodes)-1], keys)
	if ctx.Err() != nil {
		e.t.Fatal("the partitions do not know the deployment")
	}
}

// create makes an instance at a partition and gives its key.
func (e *engines) create(from int, id int32, process, orderID string) (int64, error) {
	variables, err := record.ParseDocument(fmt.Appendf(nil, `{"orderId":%q}`, orderID))
	if err != nil {
		return 0, err
	}
	answer, err := e.nodes[from].Submit(e.t.Context(), id, record.NewCommand(-1, record.ProcessInstanceCreationCreate, &record.ProcessInstanceCreation{
		BpmnProcessID: process, Version: -1, ProcessDefinitionKey: -1, ProcessInstanceKey: -1, Variables: variables, TenantID: record.DefaultTenant,
	}))
	if err != nil {
		return 0, err
	}
	if answer.IsRejection() {
		return 0, errors.New(answer.RejectionReason)
	}
	return answer.Value.(*record.ProcessInstanceCreation).ProcessInstanceKey, nil
}

// Deployments, subscriptions and correlations cross partitions and nodes: an instance on one
// partition gets the message that was published to another.
func TestMailBetweenPartitions(t *testing.T) {
	e := newEngines(t, 3, 3)
	e.deploy()
	stream, err := e.nodes[1].OpenJobStream(t.Context(), StreamRequest{Type: "ship", Worker: "w", Timeout: 60_000})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	stream.Grant(32)
	want := map[int64]bool{}
	for i := range 12 {
		key, err := e.create(i%3, int32(i%3)+1, "order", fmt.Sprintf("o-%d", i))
		if err != nil {
			t.Fatal(err)
		}
		want[key] = true
	}
	e.elect(2, 2) // what is on its way goes on from the outbox
	for i := range 12 {
		orderID := fmt.Sprintf("o-%d", i)
		from := e.nodes[(i+1)%3]
		answer, err := from.Submit(t.Context(), from.PartitionForCorrelationKey(orderID), record.NewCommand(-1, record.MessagePublish, &record.Message{
			Name: "paid", CorrelationKey: orderID, TimeToLive: 60_000, Deadline: -1, TenantID: record.DefaultTenant,
		}))
		if err != nil || answer.IsRejection() {
			t.Fatalf("publish: %v %s", err, answer.RejectionReason)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for range 12 {
		job, err := stream.Recv(ctx)
		if err != nil {
			t.Fatalf("%v; no job came for %v", err, want)
		}
		if !want[job.Job.ProcessInstanceKey] {
			t.Errorf("a second job of instance %d", job.Job.ProcessInstanceKey)
		}
		delete(want, job.Job.ProcessInstanceKey)
	}
}

package sim

import (
	"fmt"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/sim/check"
	"github.com/payhub/payhub/engine/sim/workload"
)

// smokeModel is a process with a job, a message that is awaited at another partition, and a timer.
const smokeModel = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="http://payhub.example/sim">
  <bpmn:message id="m" name="paid"><bpmn:extensionElements><zeebe:subscription correlationKey="=key"/></bpmn:extensionElements></bpmn:message>
  <bpmn:process id="smoke" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:serviceTask id="work"><bpmn:extensionElements><zeebe:taskDefinition type="work"/></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:intermediateCatchEvent id="paid"><bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>
    <bpmn:intermediateCatchEvent id="pause"><bpmn:timerEventDefinition><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT0.5S</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
    <bpmn:endEvent id="end"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
    <bpmn:sequenceFlow id="f2" sourceRef="work" targetRef="paid"/>
    <bpmn:sequenceFlow id="f3" sourceRef="paid" targetRef="pause"/>
    <bpmn:sequenceFlow id="f4" sourceRef="pause" targetRef="end"/>
  </bpmn:process>
</bpmn:definitions>`

// smoke is the smallest workload that touches everything: instances with an idempotency key that take a job, wait for a
// message of another partition and for a timer. Every call is repeated until it has an answer.
type smoke struct {
	w        workload.World
	rate     int // instances per tick
	deployed bool
	healed   bool
	all      []*payment
	asked    map[uint64]func(record.Record, error)
	found    map[uint64]*payment
}

type payment struct {
	id        string
	partition int32
	key       int64
	paid      bool
	ended     bool
}

func newSmoke(rate int) *smoke {
	return &smoke{rate: rate, asked: map[uint64]func(record.Record, error){}, found: map[uint64]*payment{}}
}

func (s *smoke) Start(w workload.World) {
	s.w = w
	s.ask(1, record.NewCommand(-1, record.DeploymentCreate, &record.Deployment{TenantID: record.DefaultTenant, Resources: []record.DeploymentResource{
		{ResourceName: "smoke.bpmn", Resource: []byte(smokeModel)},
	}}), func(record.Record) { s.w.After(500, func() { s.deployed = true }) })
	for i := range 4 {
		w.Work(i, i%w.Gateways(), "work", 3000, 20)
	}
}

// ask repeats a command until it is answered.
func (s *smoke) ask(partition int32, command record.Record, answered func(record.Record)) {
	id := s.w.Submit(s.w.Rand().IntN(s.w.Gateways()), partition, command)
	s.asked[id] = func(answer record.Record, err error) {
		if err != nil {
			s.w.After(100, func() { s.ask(partition, command, answered) })
			return
		}
		answered(answer)
	}
}

func (s *smoke) Answer(id uint64, answer record.Record, err error) {
	do := s.asked[id]
	delete(s.asked, id)
	do(answer, err)
}

func (s *smoke) Job(worker int, key int64, _ *record.Job) {
	s.w.After(int64(s.w.Rand().IntN(50)), func() {
		id := s.w.Submit(worker%s.w.Gateways(), record.PartitionOf(key), record.NewCommand(key, record.JobComplete, &record.Job{}))
		s.asked[id] = func(record.Record, error) { s.w.Done(worker, key) }
	})
}

func (s *smoke) Crashed(int) {}

func (s *smoke) Tick(int64) {
	if s.healed || !s.deployed {
		return
	}
	for range s.rate {
		id := fmt.Sprintf("payment-%d", len(s.all))
		p := &payment{id: id, partition: s.w.PartitionForCorrelationKey(id)}
		s.all = append(s.all, p)
		variables, _ := record.ParseDocument([]byte(`{"key":"k-` + id + `"}`))
		s.ask(p.partition, record.NewCommand(-1, record.CreatedOnceCreate, &record.CreatedOnce{
			TenantID: record.DefaultTenant, API: "transfer", IdempotencyKey: id, BpmnProcessID: "smoke", Version: -1, Variables: variables,
		}), func(answer record.Record) { s.created(p, &answer) })
	}
}

func (s *smoke) created(p *payment, answer *record.Record) {
	if answer.IsRejection() { // not distributed yet
		if answer.RejectionType != record.NotFound {
			panic(answer.RejectionReason)
		}
		p.ended = true
		return
	}
	p.key = answer.Value.(*record.CreatedOnce).ProcessInstanceKey
	key := "k-" + p.id
	s.w.After(int64(s.w.Rand().IntN(1000)), func() {
		s.ask(s.w.PartitionForCorrelationKey(key), record.NewCommand(-1, record.MessagePublish, &record.Message{
			Name: "paid", CorrelationKey: key, TimeToLive: 3_600_000, MessageID: p.id, TenantID: record.DefaultTenant,
		}), func(record.Record) { p.paid = true; s.look(p) })
	})
}

// look asks until the payment has ended.
func (s *smoke) look(p *payment) {
	s.w.After(1000+int64(s.w.Rand().IntN(1000)), func() {
		s.found[s.w.Lookup(s.w.Rand().IntN(s.w.Gateways()), p.partition, check.LookupRequest{ProcessInstanceKey: p.key})] = p
	})
}

func (s *smoke) Found(id uint64, found check.Found, err error) {
	p := s.found[id]
	delete(s.found, id)
	if p.ended = err == nil && found.State == record.InstanceCompleted; !p.ended {
		s.look(p)
	}
}

func (s *smoke) Heal() { s.healed = true }

func (s *smoke) Idle() bool { return len(s.Unfinished()) == 0 }

func (s *smoke) Unfinished() (list []string) {
	for _, p := range s.all {
		if !p.ended {
			list = append(list, fmt.Sprintf("%s (instance %d, paid %v)", p.id, p.key, p.paid))
		}
	}
	return list
}

package check

import (
	"testing"

	"github.com/payhub/payhub/engine/record"
)

// The keys of the story.
const (
	instance     = 10
	taskKey      = 11
	jobKey       = 12
	deadlineKey  = 13
	receiveKey   = 14
	waitKey      = 15
	pauseKey     = 16
	pauseTimer   = 17
	subscription = 20
	messageKey   = 30
)

func element(key int64, id string, scope int64) *record.ProcessInstance {
	return &record.ProcessInstance{BpmnProcessID: "p", ElementID: id, ProcessInstanceKey: instance, FlowScopeKey: scope, ParentElementInstanceKey: -1}
}

func onceValue(body string) *record.CreatedOnce {
	return &record.CreatedOnce{TenantID: "t", API: "a", IdempotencyKey: "k", BodyHash: []byte(body), ProcessInstanceKey: instance, State: record.InstanceActive}
}

func wait(message int64) *record.ProcessMessageSubscription {
	return &record.ProcessMessageSubscription{ProcessInstanceKey: instance, ElementInstanceKey: receiveKey, BpmnProcessID: "p", MessageName: "m", MessageKey: message, IsInterrupting: true}
}

func waitThere(message int64) *record.MessageSubscription {
	return &record.MessageSubscription{ProcessInstanceKey: instance, ElementInstanceKey: receiveKey, BpmnProcessID: "p", MessageName: "m", MessageKey: message, IsInterrupting: true}
}

func message() *record.Message {
	return &record.Message{Name: "m", CorrelationKey: "c", MessageID: "id"}
}

func timer(due int64) *record.Timer {
	return &record.Timer{ElementInstanceKey: pauseKey, ProcessInstanceKey: instance, DueDate: due}
}

func lease(deadline int64) *record.JobBatch {
	return &record.JobBatch{Type: "work", JobKeys: []int64{jobKey}, Jobs: []record.Job{{Type: "work", Deadline: deadline, Retries: 3, ProcessInstanceKey: instance}}}
}

func workJob() *record.Job {
	return &record.Job{Type: "work", Retries: 3, ProcessInstanceKey: instance}
}

func parcel(from, to int32, first, through int64) *record.Delivery {
	return &record.Delivery{From: from, To: to, First: first, Through: through}
}

// writer writes a story down, ten milliseconds a step.
type writer struct {
	*story
	at int64
}

// add is a call of the judge, commit a batch of a partition.
func (s *writer) add(name string, tell func(p *teller, at int64)) {
	s.at += 10
	s.steps = append(s.steps, &step{name: name, at: s.at, tell: tell})
}

func (s *writer) commit(name string, partition int32) *draft {
	s.at += 10
	d := &draft{partition: partition, now: s.at, term: 1, decided: 1}
	s.steps = append(s.steps, &step{name: name, at: s.at, draft: d})
	return d
}

// ask has a client send a command; what it gives lets it be answered.
func (s *writer) ask(name string, id uint64, partition int32, key int64, intent record.Intent, v record.Value) func(answer record.Record) {
	command := record.NewCommand(key, intent, v)
	command.OperationReference = id
	s.add(name+" sent", func(p *teller, at int64) { p.judge.Invoked(at, id, 0, partition, &command) })
	return func(answer record.Record) {
		s.add(name+" answered", func(p *teller, at int64) { p.judge.Answered(at, id, &answer, nil) })
	}
}

// yes and no are answers.
func yes(key int64, intent record.Intent, v record.Value) record.Record {
	return record.Record{Key: key, Type: record.Event, ValueType: v.ValueType(), Intent: intent, Value: v}
}

func no(kind record.RejectionType, v record.Value) record.Record {
	return record.Record{Key: -1, Type: record.CommandRejection, RejectionType: kind, ValueType: v.ValueType(), Value: v}
}

// right is a story in which every promise is kept: an instance that is created once, does a job, waits for a message from
// another partition, then for a timer, and ends; its payment moves money once.
func right(t *testing.T) *story {
	s := &writer{story: &story{t: t, books: rightBooks()}, at: 100_000}
	s.add("lead", func(p *teller, at int64) { p.judge.Led(at, 0, 1, 1, true); p.judge.Led(at, 0, 2, 1, true) })
	s.created()
	s.worked()
	s.mailed()
	s.ended()
	s.watched()
	return s.story
}

func (s *writer) created() {
	answered := s.ask("create", 1, 1, -1, record.CreatedOnceCreate, onceValue("b"))
	s.commit("create", 1).command(1, -1, record.CreatedOnceCreate, onceValue("b")).
		event(instance, record.ElementActivating, element(instance, "p", -1)).event(instance, record.ElementActivated, element(instance, "p", -1)).
		event(instance, record.CreatedOnceCreated, onceValue("b")).
		event(taskKey, record.ElementActivating, element(taskKey, "task", instance)).event(jobKey, record.JobCreated, workJob()).
		event(deadlineKey, record.TimerCreated, timer(s.at+60_000)).event(taskKey, record.ElementActivated, element(taskKey, "task", instance)).
		row(record.RowInsert, "instance", "active").row(record.RowInsert, "job", "there")
	answered(yes(instance, record.CreatedOnceCreated, onceValue("b")))
	answered = s.ask("repeat", 2, 1, -1, record.CreatedOnceCreate, onceValue("b"))
	s.commit("repeat", 1).command(2, -1, record.CreatedOnceCreate, onceValue("b"))
	answered(yes(instance, record.CreatedOnceRepeated, onceValue("b")))
	answered = s.ask("other body", 3, 1, -1, record.CreatedOnceCreate, onceValue("x"))
	s.commit("other body", 1).command(3, -1, record.CreatedOnceCreate, onceValue("x")).reject(record.AlreadyExists)
	answered(no(record.AlreadyExists, onceValue("x")))
	s.look("read active", record.InstanceActive)
}

// look is a read by the idempotency key.
func (s *writer) look(name, state string) {
	request := LookupRequest{TenantID: "t", API: "a", IdempotencyKey: "k"}
	s.add(name, func(p *teller, at int64) {
		p.judge.LookedUp(at-5, at, 1, request, Found{Found: state != "", ProcessInstanceKey: instance, State: state})
	})
}

func (s *writer) worked() {
	deadline := s.at + 5000
	s.commit("lease", 1).event(-1, record.JobBatchActivated, lease(deadline))
	s.add("push", func(p *teller, at int64) { p.judge.Pushed(at, 3, 1, jobKey, &record.Job{Deadline: deadline}) })
	answered := s.ask("complete", 4, 1, jobKey, record.JobComplete, workJob())
	s.commit("complete", 1).command(4, jobKey, record.JobComplete, workJob()).event(jobKey, record.JobCompleted, workJob()).
		event(taskKey, record.ElementCompleting, element(taskKey, "task", instance)).event(deadlineKey, record.TimerCanceled, timer(0)).
		event(taskKey, record.ElementCompleted, element(taskKey, "task", instance)).
		event(40, record.SequenceFlowTaken, element(40, "flow", instance)).
		event(receiveKey, record.ElementActivating, element(receiveKey, "receive", instance)).
		event(waitKey, record.ProcessMessageSubscriptionCreating, wait(-1)).
		event(receiveKey, record.ElementActivated, element(receiveKey, "receive", instance)).
		send(2, 1, record.MessageSubscriptionCreate, waitThere(-1)).
		row(record.RowDelete, "job", "").row(record.RowPut, "instance", "waits")
	answered(yes(jobKey, record.JobCompleted, workJob()))
}

func (s *writer) mailed() {
	s.commit("mail", 2).command(0, -1, record.DeliveryReceive, parcel(1, 2, 1, 1)).event(-1, record.DeliveryReceived, parcel(1, 2, 1, 1)).
		command(0, -1, record.MessageSubscriptionCreate, waitThere(-1)).event(subscription, record.MessageSubscriptionCreated, waitThere(-1)).
		send(1, 1, record.ProcessMessageSubscriptionCreate, wait(-1)).row(record.RowInsert, "subscription", "open")
	s.commit("mail back", 1).command(0, -1, record.DeliveryReceive, parcel(2, 1, 1, 1)).event(-1, record.DeliveryReceived, parcel(2, 1, 1, 1)).
		command(0, -1, record.ProcessMessageSubscriptionCreate, wait(-1)).event(waitKey, record.ProcessMessageSubscriptionCreated, wait(-1))
	s.commit("acknowledge", 1).command(0, -1, record.DeliveryAcknowledge, parcel(1, 2, 0, 1)).event(-1, record.DeliveryAcknowledged, parcel(1, 2, 1, 1))
	s.commit("checkpoint there", 2).command(0, -1, record.CheckpointCreate, &record.Checkpoint{Number: 1}).event(-1, record.CheckpointCreated, &record.Checkpoint{Number: 1})
	s.commit("checkpoint", 1).command(0, -1, record.CheckpointCreate, &record.Checkpoint{Number: 1}).event(-1, record.CheckpointCreated, &record.Checkpoint{Number: 1})
	answered := s.ask("publish", 5, 2, -1, record.MessagePublish, message())
	s.commit("publish", 2).command(5, -1, record.MessagePublish, message()).event(messageKey, record.MessagePublished, message()).
		event(subscription, record.MessageSubscriptionCorrelating, waitThere(messageKey)).
		send(1, 2, record.ProcessMessageSubscriptionCorrelate, wait(messageKey))
	answered(yes(messageKey, record.MessagePublished, message()))
	answered = s.ask("publish again", 6, 2, -1, record.MessagePublish, message())
	s.commit("publish again", 2).command(6, -1, record.MessagePublish, message()).reject(record.AlreadyExists)
	answered(no(record.AlreadyExists, message()))
}

func (s *writer) ended() {
	s.commit("correlate", 1).command(0, -1, record.DeliveryReceive, parcel(2, 1, 2, 2)).event(-1, record.DeliveryReceived, parcel(2, 1, 2, 2)).
		command(0, -1, record.ProcessMessageSubscriptionCorrelate, wait(messageKey)).
		event(waitKey, record.ProcessMessageSubscriptionCorrelated, wait(messageKey)).
		event(receiveKey, record.ElementCompleting, element(receiveKey, "receive", instance)).
		event(receiveKey, record.ElementCompleted, element(receiveKey, "receive", instance)).
		event(pauseKey, record.ElementActivating, element(pauseKey, "pause", instance)).event(pauseTimer, record.TimerCreated, timer(s.at+100)).
		event(pauseKey, record.ElementActivated, element(pauseKey, "pause", instance)).
		send(2, 2, record.MessageSubscriptionCorrelate, waitThere(messageKey))
	due := s.at + 90
	s.commit("correlated", 2).command(0, -1, record.DeliveryReceive, parcel(1, 2, 2, 2)).event(-1, record.DeliveryReceived, parcel(1, 2, 2, 2)).
		command(0, -1, record.MessageSubscriptionCorrelate, waitThere(messageKey)).
		event(subscription, record.MessageSubscriptionCorrelated, waitThere(messageKey)).row(record.RowDelete, "subscription", "")
	s.at += 200
	over := onceValue("b")
	over.State = record.InstanceCompleted
	s.commit("timer", 1).command(0, pauseTimer, record.TimerTrigger, timer(due)).event(pauseTimer, record.TimerTriggered, timer(due)).
		event(pauseKey, record.ElementCompleting, element(pauseKey, "pause", instance)).event(pauseKey, record.ElementCompleted, element(pauseKey, "pause", instance)).
		event(instance, record.ElementCompleting, element(instance, "p", -1)).event(instance, record.ElementCompleted, element(instance, "p", -1)).
		event(instance, record.CreatedOnceEnded, over)
	s.look("read completed", record.InstanceCompleted)
	s.look("read again", record.InstanceCompleted)
	answered := s.ask("cancel", 7, 1, instance, record.ProcessInstanceCancel, element(instance, "p", -1))
	s.commit("cancel", 1).command(7, instance, record.ProcessInstanceCancel, element(instance, "p", -1)).reject(record.NotFound)
	answered(no(record.NotFound, element(instance, "p", -1)))
}

// watched is what is seen from outside at the end.
func (s *writer) watched() {
	for node := range 2 {
		for partition := int32(1); partition <= 2; partition++ {
			s.add(sprintf("compare %d %d", node, partition), func(p *teller, at int64) {
				p.judge.Compared(at, node, partition, p.indexes[partition], p.sum(partition))
			})
		}
	}
	s.add("export", func(p *teller, at int64) {
		for i := range p.logs[1] {
			p.judge.Exported(at, 1, "file", &p.logs[1][i])
		}
		p.judge.Exported(at, 1, "file", &p.logs[1][3]) // a repeat
	})
	s.at += 60_000
	s.add("end", func(p *teller, at int64) { p.judge.End(at, nil) })
}

func rightBooks() Books {
	return Books{
		Ledgers: []Ledger{
			{
				Name: "green", Accounts: []Account{{ID: "a", Customer: true, Opening: 100, Balance: 70}, {ID: "clearing", Balance: 30}},
				Holds:    []Hold{{Key: "k:hold", Account: "a", Amount: 30}, {Key: "r:hold", Account: "a", Amount: 5}},
				Postings: []Posting{{"k", "book", "a", -30}, {"k", "book", "clearing", 30}},
			},
			{
				Name: "blue", Accounts: []Account{{ID: "b", Customer: true, Balance: 30}, {ID: "clearing", Balance: -30}},
				Postings: []Posting{{"k", "credit", "b", 30}, {"k", "credit", "clearing", -30}},
			},
		},
		Payments: []Payment{
			{Transaction: "k", Payer: "green", Payee: "blue", Amount: 30, State: "COMMITTED", Acknowledged: true},
			{Transaction: "r", Payer: "green", Payee: "blue", Amount: 5, State: "ABORTED", Acknowledged: true, Doomed: true},
		},
	}
}

package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// messagePublish takes a message: instances that wait for it get it, one per process; processes
// that it starts are started; for its time to live it is kept for those who come later.
func messagePublish(s *step.Step, command *record.Record) {
	v := *command.Value.(*record.Message)
	if v.MessageID != "" && s.View.MessageWithID(v.TenantID, v.Name, v.CorrelationKey, v.MessageID) {
		if v.WithOutcome {
			s.Respond(-1, record.MessageOutcomeDuplicate, outcome(&v))
			return
		}
		s.Reject(command, record.AlreadyExists, "Expected to publish a new message with id '%s', but a message with that id was already published", v.MessageID)
		return
	}
	m := &state.Message{Message: v, Key: s.NextKey()}
	m.Deadline = s.After(m.TimeToLive)
	s.Emit(m.Key, record.MessagePublished, &m.Message)
	if !v.WithOutcome {
		s.Respond(m.Key, record.MessagePublished, &m.Message)
	}
	taken := correlateToSubscriptions(s, m)
	started := element.StartByMessage(s, m)
	if v.WithOutcome {
		tellOutcome(s, m, taken, started)
	}
	if m.TimeToLive <= 0 {
		s.Emit(m.Key, record.MessageExpired, &m.Message)
	}
}

// correlateToSubscriptions gives a message to one waiting instance of each process and returns
// these instances.
func correlateToSubscriptions(s *step.Step, m *state.Message) (taken []int64) {
	var waiting []*state.MessageSubscription
	s.View.MessageSubscriptions(m.TenantID, m.Name, m.CorrelationKey, func(sub *state.MessageSubscription) bool {
		waiting = append(waiting, sub)
		return true
	})
	for _, sub := range waiting {
		if sub.Correlating || s.View.MessageCorrelated(m.Key, sub.BpmnProcessID) {
			continue
		}
		correlate(s, sub, m)
		taken = append(taken, sub.ProcessInstanceKey)
	}
	return taken
}

// correlate sends a message on its way to a waiting instance.
func correlate(s *step.Step, sub *state.MessageSubscription, m *state.Message) {
	v := sub.MessageSubscription
	v.MessageKey, v.Variables = m.Key, m.Variables
	s.Emit(sub.Key, record.MessageSubscriptionCorrelating, &v)
	s.Send(record.PartitionOf(sub.ProcessInstanceKey), -1, record.ProcessMessageSubscriptionCorrelate, &record.ProcessMessageSubscription{
		ProcessInstanceKey: v.ProcessInstanceKey, ElementInstanceKey: v.ElementInstanceKey, BpmnProcessID: v.BpmnProcessID,
		MessageName: v.MessageName, MessageKey: m.Key, CorrelationKey: v.CorrelationKey, IsInterrupting: v.IsInterrupting,
		Variables: m.Variables, TenantID: v.TenantID,
	})
}

// correlateNext gives a waiting instance the oldest buffered message that its process has not
// had, and tells whether there was one.
func correlateNext(s *step.Step, sub *state.MessageSubscription) bool {
	var next *state.Message
	s.View.BufferedMessages(sub.TenantID, sub.MessageName, sub.CorrelationKey, func(m *state.Message) bool {
		if m.Deadline > s.Now() && !s.View.MessageCorrelated(m.Key, sub.BpmnProcessID) {
			next = m
		}
		return next == nil
	})
	if next == nil {
		return false
	}
	correlate(s, sub, next)
	return true
}

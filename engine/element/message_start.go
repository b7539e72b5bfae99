package element

import (
	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// StartByMessage starts an instance of every process that a message starts and that has not had
// it: unless an instance that a message with the same correlation key started is still active.
// It returns the new instances.
func StartByMessage(s *step.Step, m *state.Message) (started []int64) {
	var starts []*state.MessageStart
	s.View.MessageStarts(m.TenantID, m.Name, func(start *state.MessageStart) bool {
		starts = append(starts, start)
		return true
	})
	for _, start := range starts {
		if s.View.MessageCorrelated(m.Key, start.BpmnProcessID) ||
			m.CorrelationKey != "" && s.View.MessageStartLocked(m.TenantID, start.BpmnProcessID, m.CorrelationKey) {
			continue
		}
		started = append(started, startBy(s, start, m))
	}
	return started
}

// startBy starts an instance of a process with a message.
func startBy(s *step.Step, start *state.MessageStart, m *state.Message) int64 {
	key := s.NextKey()
	correlated := start.MessageStartEventSubscription
	correlated.MessageKey, correlated.CorrelationKey = m.Key, m.CorrelationKey
	correlated.ProcessInstanceKey, correlated.Variables = key, m.Variables
	s.Emit(start.Key, record.MessageStartEventSubscriptionCorrelated, &correlated)
	origin := record.Origin(0)
	if m.CorrelationKey != "" {
		origin = record.StartedByMessage
	}
	startByEvent(s, s.View.Definition(start.ProcessDefinitionKey), key, start.StartEventID, m.Variables, origin)
	return key
}

// startByEvent starts an instance at the start event whose event has happened.
func startByEvent(s *step.Step, d *state.Definition, key int64, startEvent string, variables record.Document, origin record.Origin) {
	s.Emit(s.NextKey(), record.ProcessEventTriggering, &record.ProcessEvent{
		ScopeKey: key, ProcessDefinitionKey: d.Key, ProcessInstanceKey: key, TargetElementID: startEvent,
		Variables: variables, TenantID: d.TenantID,
	})
	s.FollowUp(key, record.ActivateElement, RootValue(d, key, origin))
}

// StartByTimer starts an instance at a timer start event.
func StartByTimer(s *step.Step, d *state.Definition, startEvent string) {
	startByEvent(s, d, s.NextKey(), startEvent, nil, 0)
}

// RootValue is what the records of a new process instance say.
func RootValue(d *state.Definition, key int64, origin record.Origin) *record.ProcessInstance {
	root := d.Graph.Root()
	return &record.ProcessInstance{
		BpmnProcessID: d.BpmnProcessID, Version: d.Version, ProcessDefinitionKey: d.Key, ProcessInstanceKey: key,
		ElementID: root.ID, FlowScopeKey: -1, BpmnElementType: root.Type.String(), BpmnEventType: bpmn.EventUnspecified.String(),
		ParentProcessInstanceKey: -1, ParentElementInstanceKey: -1, TenantID: d.TenantID, Origin: origin,
	}
}

// StartByBufferedMessage starts the next instance of a process with the oldest buffered message
// of a correlation key that the process has not had: the instance that was before it has ended.
func StartByBufferedMessage(s *step.Step, before *state.StartedByMessage) {
	latest := s.View.LatestDefinition(before.TenantID, before.BpmnProcessID)
	if latest == nil {
		return
	}
	s.View.MessageStartsOf(latest.Key, func(start *state.MessageStart) bool {
		var next *state.Message
		s.View.BufferedMessages(before.TenantID, start.MessageName, before.CorrelationKey, func(m *state.Message) bool {
			if m.Deadline > s.Now() && !s.View.MessageCorrelated(m.Key, before.BpmnProcessID) {
				next = m
			}
			return next == nil
		})
		if next != nil {
			startBy(s, start, next)
		}
		return next == nil
	})
}

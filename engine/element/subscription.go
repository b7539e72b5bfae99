package element

import (
	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// opening is an event an instance is about to wait for, with everything evaluated.
type opening struct {
	element        *bpmn.Element
	message        string
	correlationKey string
	schedule       bpmn.Schedule
}

// subscribe opens the timers and message subscriptions of everything the instance waits for.
// All expressions are evaluated first: either all are opened or none.
func (x *Execution) subscribe() *Failure {
	events := catchEvents(x.Element)
	if len(events) == 0 {
		return nil
	}
	openings := make([]opening, 0, len(events))
	for _, e := range events {
		o, failure := x.evaluate(e)
		if failure != nil {
			return failure
		}
		openings = append(openings, o)
	}
	for _, o := range openings {
		if o.element.Message != nil {
			x.openMessage(o)
		}
	}
	for _, o := range openings {
		if o.element.Timer != nil {
			x.openTimer(o)
		}
	}
	return nil
}

// evaluate evaluates what an event waits for. A boundary event's message is read in the scope
// around the activity, so that the activity's local variables do not count; its timer is not.
func (x *Execution) evaluate(e *bpmn.Element) (o opening, failure *Failure) {
	o.element = e
	scope := x.Key
	if e.Type == bpmn.BoundaryEvent {
		scope = x.Value.FlowScopeKey
	}
	switch {
	case e.Message != nil:
		if o.message, failure = x.evalString(e.Message.Name, scope); failure != nil {
			return o, failure
		}
		if o.correlationKey, failure = x.evalCorrelationKey(e.Message.CorrelationKey, scope); failure != nil {
			failure.Scope = scope
		}
	case e.Timer != nil:
		value, evalFailure := eval(x.Step, e.Timer.Expr, variableScope{view: x.View, scope: x.Key})
		if evalFailure != nil {
			return o, evalFailure
		}
		schedule, err := e.Timer.Schedule(value, x.Now())
		if err != nil {
			failure = &Failure{Type: record.ErrorTypeExtractValue, Message: x.Env.AppendWarnings(err.Error())}
		}
		o.schedule = schedule
	}
	return o, failure
}

// openMessage opens a message subscription: here, and at the partition of its correlation key.
func (x *Execution) openMessage(o opening) {
	interrupting := o.element.Type != bpmn.BoundaryEvent || o.element.Interrupting
	key := x.NextKey()
	x.Emit(key, record.ProcessMessageSubscriptionCreating, &record.ProcessMessageSubscription{
		ProcessInstanceKey: x.Value.ProcessInstanceKey, ElementInstanceKey: x.Key, BpmnProcessID: x.Value.BpmnProcessID,
		MessageName: o.message, MessageKey: -1, CorrelationKey: o.correlationKey, IsInterrupting: interrupting,
		ElementID: o.element.ID, TenantID: x.Value.TenantID,
	})
	x.Send(x.PartitionFor(o.correlationKey), -1, record.MessageSubscriptionCreate, &record.MessageSubscription{
		ProcessInstanceKey: x.Value.ProcessInstanceKey, ElementInstanceKey: x.Key, BpmnProcessID: x.Value.BpmnProcessID,
		MessageName: o.message, MessageKey: -1, CorrelationKey: o.correlationKey, IsInterrupting: interrupting,
		TenantID: x.Value.TenantID,
	})
}

// openTimer starts a timer.
func (x *Execution) openTimer(o opening) {
	x.Emit(x.NextKey(), record.TimerCreated, &record.Timer{
		ElementInstanceKey: x.Key, ProcessInstanceKey: x.Value.ProcessInstanceKey,
		ProcessDefinitionKey: x.Value.ProcessDefinitionKey, TargetElementID: o.element.ID,
		DueDate: o.schedule.Due, Repetitions: int32(o.schedule.Repetitions), TenantID: x.Value.TenantID,
	})
}

// unsubscribe closes what the instance still waits for.
func (x *Execution) unsubscribe() {
	if len(catchEvents(x.Element)) == 0 {
		return
	}
	var timers []*state.Timer
	x.View.TimersOf(x.Key, func(t *state.Timer) bool {
		timers = append(timers, t)
		return true
	})
	for _, t := range timers {
		x.Emit(t.Key, record.TimerCanceled, &t.Timer)
	}
	var open []*state.ProcessMessageSubscription
	x.View.ProcessMessageSubscriptionsOf(x.Key, func(s *state.ProcessMessageSubscription) bool {
		if !s.Closing {
			open = append(open, s)
		}
		return true
	})
	for _, s := range open {
		x.Emit(s.Key, record.ProcessMessageSubscriptionDeleting, &s.ProcessMessageSubscription)
		x.Send(x.PartitionFor(s.CorrelationKey), -1, record.MessageSubscriptionDelete, &record.MessageSubscription{
			ProcessInstanceKey: s.ProcessInstanceKey, ElementInstanceKey: s.ElementInstanceKey, BpmnProcessID: s.BpmnProcessID,
			MessageName: s.MessageName, MessageKey: -1, CorrelationKey: s.CorrelationKey, IsInterrupting: s.IsInterrupting,
			TenantID: s.TenantID,
		})
	}
}

// noFlow is the failure of an exclusive gateway none of whose conditions holds.
func noFlow() *Failure {
	return &Failure{Type: record.ErrorTypeCondition, Message: "Expected at least one condition to evaluate to true, or to have a default flow"}
}

package element

import (
	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/feel"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// Trigger has an event hit an element instance that waits for it: the instance's own event
// completes it, an interrupting boundary event terminates it, another boundary event becomes
// active beside it. target is the element whose event it is; variables are what the event
// brings. It returns false, and nothing has happened, if the instance no longer waits.
func Trigger(s *step.Step, instance int64, target string, variables record.Document) bool {
	if !Waits(s, instance) {
		return false
	}
	x := execution(s, s.View.ElementInstance(instance))
	element := x.Definition.Graph.Element(target)
	if element.Type == bpmn.BoundaryEvent && !element.Interrupting {
		x.activateBoundary(element, variables)
		return true
	}
	x.triggering(target, variables)
	if element.Type == bpmn.BoundaryEvent {
		x.FollowUp(x.Key, record.TerminateElement, x.Value)
	} else {
		x.requestCompletion()
	}
	return true
}

// triggering lets an event wait at the instance until the instance takes it.
func (x *Execution) triggering(target string, variables record.Document) {
	x.Emit(x.NextKey(), record.ProcessEventTriggering, &record.ProcessEvent{
		ScopeKey: x.Key, ProcessDefinitionKey: x.Value.ProcessDefinitionKey, ProcessInstanceKey: x.Value.ProcessInstanceKey,
		TargetElementID: target, Variables: variables, TenantID: x.Value.TenantID,
	})
}

// activateBoundary makes a boundary event of the instance active and has it completed.
func (x *Execution) activateBoundary(boundary *bpmn.Element, variables record.Document) {
	x.activateEvent(boundary, variables)
}

// activateEvent makes an event that has already happened an active element beside the instance
// in hand, with the variables it brought as its own, and has it completed.
func (x *Execution) activateEvent(event *bpmn.Element, variables record.Document) {
	v := x.inScope(event, x.Value.FlowScopeKey)
	hit := &Execution{Step: x.Step, Definition: x.Definition, Element: event, Key: x.NextKey(), Value: v}
	hit.happened(variables)
}

// happened records the instance of an event that has happened, and has it completed.
func (x *Execution) happened(variables record.Document) {
	x.Emit(x.Key, record.ElementActivating, x.Value)
	x.setLocal(x.Key, variables)
	x.activated()
	x.requestCompletion()
}

// mapEventOutputs takes the variables of an event out of it, which are its own by now: through
// its output mappings, or all of them if it has none. Those of an error stay inside.
func (x *Execution) mapEventOutputs() *Failure {
	if len(x.Element.Outputs) > 0 {
		doc, failure := x.mapAll(x.Element.Outputs, true)
		if failure == nil {
			x.propagate(x.Value.FlowScopeKey, doc)
		}
		return failure
	}
	if x.Element.Event != bpmn.EventError {
		x.propagate(x.Value.FlowScopeKey, x.View.Variables(x.Key))
	}
	return nil
}

// catchEvents lists the elements whose events an instance of the element waits for.
func catchEvents(e *bpmn.Element) []*bpmn.Element {
	switch {
	case len(e.EventTargets) > 0:
		return e.EventTargets
	case e.Type == bpmn.ReceiveTask || e.Type == bpmn.IntermediateCatchEvent:
		return append([]*bpmn.Element{e}, e.Boundary...)
	}
	return e.Boundary
}

// Waits tells whether an element instance still accepts an event.
func Waits(s *step.Step, instance int64) bool {
	e := s.View.ElementInstance(instance)
	if e == nil || !e.Active() || s.View.ProcessEvent(instance) != nil {
		return false
	}
	scope := s.View.ElementInstance(e.FlowScopeKey)
	return e.FlowScopeKey < 0 || scope != nil && scope.Active()
}

// Scope lets an expression read the variables that an element instance sees.
func Scope(s *step.Step, instance int64) feel.Scope {
	return variableScope{view: s.View, scope: instance}
}

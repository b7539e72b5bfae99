// Package element holds the behaviours of BPMN elements, one file per element.
//
// An element instance is driven by three commands: ACTIVATE_ELEMENT, COMPLETE_ELEMENT and
// TERMINATE_ELEMENT. This package records the transition that a command begins
// (ACTIVATING, COMPLETING, TERMINATING) and calls the behaviour, which does the element's own
// work and records how far it got: activated and waiting, completed and gone on, terminated. A
// step that fails leaves an incident; resolving it runs the same command again.
package element

import (
	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// behaviour is what an element does at its transitions. A returned failure becomes an incident,
// and the transition is tried again when that is resolved: nothing that cannot be done twice may
// come before the last thing that can fail.
type behaviour interface {
	// activate is called after ACTIVATING was recorded. It leaves the instance active and
	// waiting, or takes it on at once.
	activate(x *Execution) *Failure
	// complete is called after COMPLETING was recorded. It leaves the instance completed and its
	// outgoing flows taken.
	complete(x *Execution) *Failure
	// terminate is called after TERMINATING was recorded. It leaves the instance terminated, or
	// waiting for its content to be.
	terminate(x *Execution)
}

// container is the behaviour of an element that other element instances lie in.
type container interface {
	behaviour
	// childCompleted is called when an execution path in the scope has come to its end.
	childCompleted(x *Execution)
	// childTerminated is called when an instance in the scope was terminated.
	childTerminated(x *Execution)
}

// Execution is an element instance in hand.
type Execution struct {
	*step.Step
	Definition *state.Definition
	Element    *bpmn.Element
	Key        int64
	// Value is what the instance's records say. It never changes while the instance lives.
	Value *record.ProcessInstance
}

// execution takes an element instance in hand.
func execution(s *step.Step, e *state.ElementInstance) *Execution {
	definition, element := s.View.Element(e)
	return &Execution{Step: s, Definition: definition, Element: element, Key: e.Key, Value: Value(definition, element, e)}
}

// Value is what the records of an element instance say.
func Value(d *state.Definition, element *bpmn.Element, e *state.ElementInstance) *record.ProcessInstance {
	return &record.ProcessInstance{
		BpmnProcessID: d.BpmnProcessID, Version: d.Version, ProcessDefinitionKey: d.Key,
		ProcessInstanceKey: e.ProcessInstanceKey, ElementID: element.ID, FlowScopeKey: e.FlowScopeKey,
		BpmnElementType: element.Type.String(), BpmnEventType: element.Event.String(),
		ParentProcessInstanceKey: e.ParentProcessInstanceKey, ParentElementInstanceKey: e.ParentElementInstanceKey,
		TenantID: e.TenantID, Tags: e.Tags, BusinessID: e.BusinessID, Origin: e.Origin,
	}
}

// instance reads the element instance as it is now.
func (x *Execution) instance() *state.ElementInstance { return x.View.ElementInstance(x.Key) }

// inScope is what the records of another element in the same process instance say.
func (x *Execution) inScope(element *bpmn.Element, scope int64) *record.ProcessInstance {
	v := *x.Value
	v.ElementID, v.FlowScopeKey, v.Origin = element.ID, scope, 0
	v.BpmnElementType, v.BpmnEventType = element.Type.String(), element.Event.String()
	if x.Key == v.ProcessInstanceKey {
		v.ParentProcessInstanceKey, v.ParentElementInstanceKey = -1, -1
	}
	return &v
}

// scope takes the instance's flow scope in hand; nil for a process instance.
func (x *Execution) scope() *Execution {
	if e := x.View.ElementInstance(x.Value.FlowScopeKey); x.Value.FlowScopeKey >= 0 && e != nil {
		return execution(x.Step, e)
	}
	return nil
}

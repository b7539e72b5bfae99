package element

import (
	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// Activate processes ACTIVATE_ELEMENT: key is the instance to be made, 0 for a new key, or the
// one whose activation failed before. The command is void if its scope is ending.
func Activate(s *step.Step, key int64, v *record.ProcessInstance) {
	definition := s.View.Definition(v.ProcessDefinitionKey)
	x := &Execution{Step: s, Definition: definition, Element: definition.Graph.Element(v.ElementID), Key: key, Value: v}
	existing := (*state.ElementInstance)(nil)
	if key > 0 {
		existing = s.View.ElementInstance(key)
	}
	if existing == nil {
		if !canActivate(x) {
			return
		}
		if key <= 0 {
			x.Key = s.NextKey()
		}
		x.Emit(x.Key, record.ElementActivating, v)
		if x.orphaned() {
			Terminate(s, x.Key)
			return
		}
	} else if existing.State != record.ElementActivating {
		return
	}
	x.raise(behaviours[x.Element.Type].activate(x))
}

// canActivate tells whether the scope still wants the element: it must be active, and a parallel
// gateway must have been reached by every incoming flow.
func canActivate(x *Execution) bool {
	if x.Value.FlowScopeKey < 0 {
		return true
	}
	scope := x.View.ElementInstance(x.Value.FlowScopeKey)
	if scope == nil || !scope.Active() {
		return false
	}
	if x.Element.Type == bpmn.ParallelGateway {
		for _, flow := range x.Element.Incoming {
			if x.View.TakenFlows(scope.Key, x.Element.Index, flow.Index) == 0 {
				return false
			}
		}
	}
	return true
}

// orphaned tells whether the call activity that called the process instance ended before the
// instance began, which can be when its activation was put off.
func (x *Execution) orphaned() bool {
	return x.Value.FlowScopeKey < 0 && x.Value.ParentElementInstanceKey >= 0 && x.View.ElementInstance(x.Value.ParentElementInstanceKey) == nil
}

// Complete processes COMPLETE_ELEMENT. The command is void if the instance is not active any
// more, or its scope is ending, or a boundary event that interrupts it was first: then its
// termination is on the way.
func Complete(s *step.Step, key int64) {
	e := s.View.ElementInstance(key)
	if e == nil || e.State != record.ElementActivated && e.State != record.ElementCompleting {
		return
	}
	if scope := s.View.ElementInstance(e.FlowScopeKey); e.FlowScopeKey >= 0 && (scope == nil || !scope.Active()) {
		return
	}
	x := execution(s, e)
	if e.State == record.ElementActivated {
		if event := s.View.ProcessEvent(key); event != nil && isBoundaryOf(x.Element, event.TargetElementID) {
			return
		}
		x.Emit(key, record.ElementCompleting, x.Value)
	}
	x.raise(behaviours[x.Element.Type].complete(x))
}

// Terminate processes TERMINATE_ELEMENT. The command is void if the instance is gone or ending.
func Terminate(s *step.Step, key int64) {
	e := s.View.ElementInstance(key)
	if e == nil || e.State == record.ElementTerminating {
		return
	}
	x := execution(s, e)
	x.Emit(key, record.ElementTerminating, x.Value)
	x.resolveIncidents()
	behaviours[x.Element.Type].terminate(x)
}

// activated records that the instance is active.
func (x *Execution) activated() { x.Emit(x.Key, record.ElementActivated, x.Value) }

// requestCompletion has the instance completed.
func (x *Execution) requestCompletion() { x.FollowUp(x.Key, record.CompleteElement, x.Value) }

// passThrough records an activated and at once completing instance.
func (x *Execution) passThrough() {
	x.activated()
	x.Emit(x.Key, record.ElementCompleting, x.Value)
}

// completed records the end of the instance and takes the given flows; without any, its
// execution path ends here.
func (x *Execution) completed(flows []*bpmn.SequenceFlow) {
	x.Emit(x.Key, record.ElementCompleted, x.Value)
	for _, flow := range flows {
		x.take(flow)
	}
	if len(flows) == 0 {
		if scope := x.scope(); scope != nil {
			behaviours[scope.Element.Type].(container).childCompleted(scope)
		}
	}
}

// take sends a token along a flow.
func (x *Execution) take(flow *bpmn.SequenceFlow) {
	taken := x.inScope(flow.Target, x.Value.FlowScopeKey)
	taken.ElementID, taken.BpmnElementType, taken.BpmnEventType = flow.ID, bpmn.SequenceFlowElement.String(), bpmn.EventUnspecified.String()
	x.Emit(x.NextKey(), record.SequenceFlowTaken, taken)
	x.FollowUp(0, record.ActivateElement, x.inScope(flow.Target, x.Value.FlowScopeKey))
}

// terminated records the end of a terminated instance. If the event that ended it was an
// interrupting boundary event, that goes on; else the scope is told.
func (x *Execution) terminated() {
	event := x.View.ProcessEvent(x.Key)
	scope := x.scope()
	x.Emit(x.Key, record.ElementTerminated, x.Value)
	if scope == nil {
		return
	}
	if event != nil && scope.instance().Active() {
		if target := x.Definition.Graph.Element(event.TargetElementID); target != nil && target.Type == bpmn.BoundaryEvent {
			x.activateBoundary(target, event.Variables)
			return
		}
	}
	behaviours[scope.Element.Type].(container).childTerminated(scope)
}

// terminateChildren has everything in the scope terminated and tells whether there was anything.
func (x *Execution) terminateChildren() (any bool) {
	x.View.Children(x.Key, func(child *state.ElementInstance) bool {
		x.FollowUp(child.Key, record.TerminateElement, execution(x.Step, child).Value)
		any = true
		return true
	})
	return any
}

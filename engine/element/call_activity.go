package element

import (
	"fmt"

	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// callActivity runs an instance of another process and waits for it.
type callActivity struct{}

func (callActivity) activate(x *Execution) *Failure {
	if failure := x.mapInputs(); failure != nil {
		return failure
	}
	id, failure := x.evalString(x.Element.Called.ProcessID, x.Key)
	if failure != nil {
		return failure
	}
	called, failure := x.called(id)
	if failure != nil {
		return failure
	}
	if x.depth() >= maxCallDepth {
		return &Failure{Type: record.ErrorTypeCalledElement, Message: fmt.Sprintf(
			"The call activity has reached the maximum depth of %d. This is likely due to a recursive call. "+
				"Cancel the root process instance if this was unintentional.", maxCallDepth)}
	}
	if failure := x.subscribe(); failure != nil {
		return failure
	}
	x.activated()
	x.call(called)
	return nil
}

// maxCallDepth is how many process instances may call each other, so that a process that calls
// itself without end comes to an incident, not to a full disk. Zeebe 8.8 does the same at the
// same depth.
const maxCallDepth = 1000

// depth counts the instance's process instance and those that have called it.
func (x *Execution) depth() int {
	n := 1
	for key := x.Value.ProcessInstanceKey; n <= maxCallDepth; n++ {
		e := x.View.ElementInstance(key)
		if e == nil || e.ParentProcessInstanceKey < 0 {
			break
		}
		key = e.ParentProcessInstanceKey
	}
	return n
}

// called finds the process to call.
func (x *Execution) called(id string) (*state.Definition, *Failure) {
	called := x.View.LatestDefinition(x.Value.TenantID, id)
	switch {
	case called == nil:
		return nil, &Failure{Type: record.ErrorTypeCalledElement, Message: fmt.Sprintf(
			"Expected process with BPMN process id '%s' to be deployed, but not found.", id)}
	case called.Graph.Root().NoneStart == nil:
		return nil, &Failure{Type: record.ErrorTypeCalledElement, Message: fmt.Sprintf(
			"Expected process with BPMN process id '%s' to have a none start event, but not found.", id)}
	}
	return called, nil
}

// call starts an instance of the called process with copies of the caller's variables.
func (x *Execution) call(called *state.Definition) {
	root := called.Graph.Root()
	key := x.NextKey()
	v := &record.ProcessInstance{
		BpmnProcessID: called.BpmnProcessID, Version: called.Version, ProcessDefinitionKey: called.Key,
		ProcessInstanceKey: key, ElementID: root.ID, FlowScopeKey: -1, BpmnElementType: root.Type.String(),
		BpmnEventType: bpmn.EventUnspecified.String(), ParentProcessInstanceKey: x.Value.ProcessInstanceKey,
		ParentElementInstanceKey: x.Key, TenantID: x.Value.TenantID, Tags: x.Value.Tags, BusinessID: x.Value.BusinessID,
	}
	variables := x.View.Variables(x.Key)
	if x.Element.Called.PropagateAllParentVariables {
		variables = x.View.VisibleVariables(x.Key)
	}
	SetLocal(x.Step, v, key, variables)
	x.FollowUp(key, record.ActivateElement, v)
}

func (callActivity) complete(x *Execution) *Failure { return x.completeActivity() }

func (callActivity) terminate(x *Execution) {
	x.unsubscribe()
	if called := x.View.ElementInstance(x.instance().CalledKey); called != nil && !called.Terminating() {
		x.FollowUp(called.Key, record.TerminateElement, execution(x.Step, called).Value)
		return
	}
	x.terminated()
}

// calledCompleted goes on with the call activity whose called instance has completed: with that
// instance's variables, as far as it takes them.
func calledCompleted(called *Execution, variables record.Document) {
	e := called.View.ElementInstance(called.Value.ParentElementInstanceKey)
	if e == nil || !e.Active() {
		if e != nil && e.Terminating() {
			execution(called.Step, e).terminated()
		}
		return
	}
	x := execution(called.Step, e)
	if x.View.ProcessEvent(e.Key) != nil {
		return // a boundary event that interrupts it was first
	}
	if len(x.Element.Outputs) > 0 || x.Element.Called.PropagateAllChildVariables {
		x.triggering(x.Element.ID, variables)
	}
	x.requestCompletion()
}

// calledTerminated goes on with the call activity whose called instance was terminated.
func calledTerminated(called *Execution) {
	if e := called.View.ElementInstance(called.Value.ParentElementInstanceKey); e != nil && e.Terminating() {
		execution(called.Step, e).terminated()
	}
}

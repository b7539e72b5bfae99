package element

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// process is the process itself: its instance is the outermost scope.
type process struct{}

func (process) activate(x *Execution) *Failure {
	x.activated()
	if event := x.startingEvent(); event != nil {
		x.Emit(event.Key, record.ProcessEventTriggered, &event.ProcessEvent)
		start := x.Definition.Graph.Element(event.TargetElementID)
		hit := &Execution{Step: x.Step, Definition: x.Definition, Element: start, Key: x.NextKey(), Value: x.inScope(start, x.Key)}
		hit.happened(event.Variables)
		return nil
	}
	x.FollowUp(0, record.ActivateElement, x.inScope(x.Element.NoneStart, x.Key))
	return nil
}

// startingEvent is the event that started the instance; nil if a call did.
func (x *Execution) startingEvent() *state.ProcessEvent {
	if len(x.Element.Starts) == 1 && x.Element.NoneStart != nil {
		return nil
	}
	return x.View.ProcessEvent(x.Key)
}

func (process) complete(x *Execution) *Failure {
	last := x.last()
	x.Emit(x.Key, record.ElementCompleted, x.Value)
	x.ended(record.InstanceCompleted, last)
	if x.Value.ParentElementInstanceKey >= 0 {
		calledCompleted(x, last.variables)
	}
	return nil
}

func (process) terminate(x *Execution) {
	if !x.terminateChildren() {
		x.instanceTerminated()
	}
}

func (process) childCompleted(x *Execution) { x.completeIfIdle() }

func (process) childTerminated(x *Execution) {
	if e := x.instance(); e.Terminating() && e.Children == 0 {
		x.instanceTerminated()
		return
	}
	x.completeIfIdle()
}

// completeIfIdle has a scope completed in which nothing goes on any more.
func (x *Execution) completeIfIdle() {
	if e := x.instance(); e.Active() && e.Children == 0 && e.Flows == 0 {
		x.requestCompletion()
	}
}

// lastWords is what a process instance leaves behind, read before it is gone.
type lastWords struct {
	variables record.Document
	await     *state.AwaitResult
	started   *state.StartedByMessage
}

func (x *Execution) last() lastWords {
	l := lastWords{variables: x.View.Variables(x.Key)}
	if x.Value.Origin&record.ResultAwaited != 0 {
		l.await = x.View.AwaitResult(x.Key)
	}
	if x.Value.Origin&record.StartedByMessage != 0 {
		l.started = x.View.StartedByMessage(x.Key)
	}
	return l
}

// instanceTerminated ends a terminated process instance.
func (x *Execution) instanceTerminated() {
	last := x.last()
	x.Emit(x.Key, record.ElementTerminated, x.Value)
	x.ended(record.InstanceTerminated, last)
	if x.Value.ParentElementInstanceKey >= 0 {
		calledTerminated(x)
	}
}

// ended tells those who are interested in how a process instance ended: the call that waits for
// its result, its idempotency key, and the buffered messages that may start the next one.
func (x *Execution) ended(how string, last lastWords) {
	if last.await != nil && how == record.InstanceCompleted {
		x.answer(last.await, last.variables)
	}
	if x.Value.Origin&record.StartedOnce != 0 {
		if once := x.View.CreatedOnceOf(x.Key); once != nil {
			once.State, once.EndedAt, once.Variables = how, x.Now(), last.variables
			once.Expiry = x.After(x.Retention())
			x.Emit(x.Key, record.CreatedOnceEnded, once)
		}
	}
	if last.started != nil {
		StartByBufferedMessage(x.Step, last.started)
	}
}

// answer answers the call that waited for the instance to complete, with the variables it asked for.
func (x *Execution) answer(await *state.AwaitResult, variables record.Document) {
	variables = variables.Only(await.FetchVariables)
	result := &record.ProcessInstanceResult{
		BpmnProcessID: x.Value.BpmnProcessID, Version: x.Value.Version, ProcessDefinitionKey: x.Value.ProcessDefinitionKey,
		ProcessInstanceKey: x.Key, Variables: variables, TenantID: x.Value.TenantID, Tags: x.Value.Tags, BusinessID: x.Value.BusinessID,
	}
	x.Emit(x.Key, record.ProcessInstanceResultCompleted, result)
	x.RespondTo(await.RequestID, x.Key, record.ProcessInstanceResultCompleted, result)
}

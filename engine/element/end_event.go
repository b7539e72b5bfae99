package element

import "github.com/payhub/payhub/engine/bpmn"

// endEvent is where a token ends: quietly, or by throwing an error.
type endEvent struct{}

func (endEvent) activate(x *Execution) *Failure {
	if x.Element.Event == bpmn.EventError {
		return x.throwErrorEvent()
	}
	x.activated()
	x.requestCompletion()
	return nil
}

// throwErrorEvent throws the end event's error at the scopes around it, which ends this instance.
func (x *Execution) throwErrorEvent() *Failure {
	code, failure := x.evalString(x.Element.Error.Code, x.Key)
	if failure != nil {
		return failure
	}
	if failure := throwError(x, code, "", nil); failure != nil {
		return failure
	}
	x.activated()
	return nil
}

func (endEvent) complete(x *Execution) *Failure {
	if failure := x.mapOutputs(); failure != nil {
		return failure
	}
	x.completed(nil)
	return nil
}

func (endEvent) terminate(x *Execution) { x.terminated() }

package element

import "github.com/payhub/payhub/engine/record"

// subProcess is an embedded sub-process: a scope with variables of its own.
type subProcess struct{}

func (subProcess) activate(x *Execution) *Failure {
	if failure := x.mapInputs(); failure != nil {
		return failure
	}
	if failure := x.subscribe(); failure != nil {
		return failure
	}
	x.activated()
	x.FollowUp(0, record.ActivateElement, x.inScope(x.Element.NoneStart, x.Key))
	return nil
}

// complete ends the sub-process. Its own variables go no further unless an output mapping takes
// them out.
func (subProcess) complete(x *Execution) *Failure {
	if len(x.Element.Outputs) > 0 {
		if failure := x.mapEventOutputs(); failure != nil {
			return failure
		}
	}
	x.unsubscribe()
	x.completed(x.Element.Outgoing)
	return nil
}

func (subProcess) terminate(x *Execution) {
	x.unsubscribe()
	if !x.terminateChildren() {
		x.terminated()
	}
}

func (subProcess) childCompleted(x *Execution) { x.completeIfIdle() }

func (subProcess) childTerminated(x *Execution) {
	if e := x.instance(); e.Terminating() && e.Children == 0 {
		x.terminated()
		return
	}
	x.completeIfIdle()
}

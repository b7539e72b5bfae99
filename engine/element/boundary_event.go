package element

// boundaryEvent has happened when it is activated: at the activity it is attached to.
type boundaryEvent struct{}

func (boundaryEvent) activate(x *Execution) *Failure {
	x.activated()
	x.requestCompletion()
	return nil
}

func (boundaryEvent) complete(x *Execution) *Failure {
	if failure := x.mapEventOutputs(); failure != nil {
		return failure
	}
	x.completed(x.Element.Outgoing)
	return nil
}

func (boundaryEvent) terminate(x *Execution) { x.terminated() }

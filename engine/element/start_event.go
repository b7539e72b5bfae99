package element

// startEvent is where a token begins. One that an event started has the event's variables.
type startEvent struct{}

func (startEvent) activate(x *Execution) *Failure {
	x.activated()
	x.requestCompletion()
	return nil
}

func (startEvent) complete(x *Execution) *Failure {
	if failure := x.mapEventOutputs(); failure != nil {
		return failure
	}
	x.completed(x.Element.Outgoing)
	return nil
}

func (startEvent) terminate(x *Execution) { x.terminated() }

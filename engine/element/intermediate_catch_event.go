package element

// intermediateCatchEvent waits for a message or a timer. Behind an event-based gateway it has
// happened already when it is activated, and has the event's variables.
type intermediateCatchEvent struct{}

func (intermediateCatchEvent) activate(x *Execution) *Failure {
	if failure := x.mapInputs(); failure != nil {
		return failure
	}
	if failure := x.subscribe(); failure != nil {
		return failure
	}
	x.activated()
	return nil
}

func (intermediateCatchEvent) complete(x *Execution) *Failure {
	mapped := x.mapOutputs
	if x.View.ProcessEvent(x.Key) == nil {
		mapped = x.mapEventOutputs
	}
	if failure := mapped(); failure != nil {
		return failure
	}
	x.unsubscribe()
	x.completed(x.Element.Outgoing)
	return nil
}

func (intermediateCatchEvent) terminate(x *Execution) {
	x.unsubscribe()
	x.terminated()
}

package element

// parallelGateway waits for all of its incoming flows (see canActivate) and takes all of its
// outgoing ones.
type parallelGateway struct{}

func (parallelGateway) activate(x *Execution) *Failure {
	x.passThrough()
	x.completed(x.Element.Outgoing)
	return nil
}

func (parallelGateway) complete(x *Execution) *Failure {
	x.completed(x.Element.Outgoing)
	return nil
}

func (parallelGateway) terminate(x *Execution) { x.terminated() }

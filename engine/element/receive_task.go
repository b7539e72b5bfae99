package element

// receiveTask waits for a message.
type receiveTask struct{}

func (receiveTask) activate(x *Execution) *Failure {
	if failure := x.mapInputs(); failure != nil {
		return failure
	}
	if failure := x.subscribe(); failure != nil {
		return failure
	}
	x.activated()
	return nil
}

func (receiveTask) complete(x *Execution) *Failure { return x.completeActivity() }

func (receiveTask) terminate(x *Execution) {
	x.unsubscribe()
	x.terminated()
}

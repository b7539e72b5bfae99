package element

// undefinedTask is a task that nobody does for us, undefined or manual: it passes through. Zeebe
// does not apply its variable mappings, so neither do we.
type undefinedTask struct{}

func (undefinedTask) activate(x *Execution) *Failure {
	if failure := x.subscribe(); failure != nil {
		return failure
	}
	x.activated()
	x.requestCompletion()
	return nil
}

func (undefinedTask) complete(x *Execution) *Failure {
	x.unsubscribe()
	x.completed(x.Element.Outgoing)
	return nil
}

func (undefinedTask) terminate(x *Execution) {
	x.unsubscribe()
	x.terminated()
}

// completeActivity ends an activity in the usual way.
func (x *Execution) completeActivity() *Failure {
	if failure := x.mapOutputs(); failure != nil {
		return failure
	}
	x.unsubscribe()
	x.completed(x.Element.Outgoing)
	return nil
}

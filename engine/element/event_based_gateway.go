package element

import "github.com/payhub/payhub/engine/record"

// eventBasedGateway waits for the events behind it; the first one to happen goes on, the flow to
// it is not taken (BPMN 2.0 §10.6.6; Zeebe records it so).
type eventBasedGateway struct{}

func (eventBasedGateway) activate(x *Execution) *Failure {
	if failure := x.subscribe(); failure != nil {
		return failure
	}
	x.activated()
	return nil
}

func (eventBasedGateway) complete(x *Execution) *Failure {
	event := x.View.ProcessEvent(x.Key)
	if event == nil {
		return nil
	}
	x.unsubscribe()
	x.Emit(event.Key, record.ProcessEventTriggered, &event.ProcessEvent)
	x.Emit(x.Key, record.ElementCompleted, x.Value)
	x.activateEvent(x.Definition.Graph.Element(event.TargetElementID), event.Variables)
	return nil
}

func (eventBasedGateway) terminate(x *Execution) {
	x.unsubscribe()
	x.terminated()
}

package element

import "github.com/payhub/payhub/engine/bpmn"

// behaviours says who is responsible for which type of element.
var behaviours = [...]behaviour{
	bpmn.ProcessElement:         process{},
	bpmn.SubProcess:             subProcess{},
	bpmn.StartEvent:             startEvent{},
	bpmn.IntermediateCatchEvent: intermediateCatchEvent{},
	bpmn.BoundaryEvent:          boundaryEvent{},
	bpmn.EndEvent:               endEvent{},
	bpmn.ServiceTask:            serviceTask{},
	bpmn.ReceiveTask:            receiveTask{},
	bpmn.ManualTask:             undefinedTask{},
	bpmn.Task:                   undefinedTask{},
	bpmn.ExclusiveGateway:       exclusiveGateway{},
	bpmn.ParallelGateway:        parallelGateway{},
	bpmn.EventBasedGateway:      eventBasedGateway{},
	bpmn.CallActivity:           callActivity{},
}

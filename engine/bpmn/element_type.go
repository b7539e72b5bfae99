package bpmn

// ElementType says what an element of a process is. The names are those of
// Zeebe's BpmnElementType, because records carry them.
type ElementType uint8

// The element types. The zero value is Unspecified.
const (
	Unspecified ElementType = iota
	ProcessElement
	SubProcess
	EventSubProcess
	StartEvent
	IntermediateCatchEvent
	IntermediateThrowEvent
	BoundaryEvent
	EndEvent
	ServiceTask
	ReceiveTask
	UserTask
	ManualTask
	Task
	ExclusiveGateway
	ParallelGateway
	EventBasedGateway
	InclusiveGateway
	SequenceFlowElement
	MultiInstanceBody
	CallActivity
	BusinessRuleTask
	ScriptTask
	SendTask
)

var elementTypeNames = [...]string{
	Unspecified:            "UNSPECIFIED",
	ProcessElement:         "PROCESS",
	SubProcess:             "SUB_PROCESS",
	EventSubProcess:        "EVENT_SUB_PROCESS",
	StartEvent:             "START_EVENT",
	IntermediateCatchEvent: "INTERMEDIATE_CATCH_EVENT",
	IntermediateThrowEvent: "INTERMEDIATE_THROW_EVENT",
	BoundaryEvent:          "BOUNDARY_EVENT",
	EndEvent:               "END_EVENT",
	ServiceTask:            "SERVICE_TASK",
	ReceiveTask:            "RECEIVE_TASK",
	UserTask:               "USER_TASK",
	ManualTask:             "MANUAL_TASK",
	Task:                   "TASK",
	ExclusiveGateway:       "EXCLUSIVE_GATEWAY",
	ParallelGateway:        "PARALLEL_GATEWAY",
	EventBasedGateway:      "EVENT_BASED_GATEWAY",
	InclusiveGateway:       "INCLUSIVE_GATEWAY",
	SequenceFlowElement:    "SEQUENCE_FLOW",
	MultiInstanceBody:      "MULTI_INSTANCE_BODY",
	CallActivity:           "CALL_ACTIVITY",
	BusinessRuleTask:       "BUSINESS_RULE_TASK",
	ScriptTask:             "SCRIPT_TASK",
	SendTask:               "SEND_TASK",
}

// String is Zeebe's name of the type, as it stands in records
// ("SERVICE_TASK"); "UNSPECIFIED" for a value out of range.
func (t ElementType) String() string {
	if int(t) < len(elementTypeNames) {
		return elementTypeNames[t]
	}
	return elementTypeNames[Unspecified]
}

// ElementTypeOf is the inverse of String; Unspecified for an unknown name.
func ElementTypeOf(name string) ElementType {
	for i, n := range elementTypeNames {
		if n == name {
			return ElementType(i)
		}
	}
	return Unspecified
}

// EventType says what an event waits for or throws. The names are those of
// Zeebe's BpmnEventType, because records carry them.
type EventType uint8

// The event types. The zero value, EventUnspecified, is what everything has
// that is no event.
const (
	EventUnspecified EventType = iota
	EventNone
	EventMessage
	EventTimer
	EventError
	EventSignal
	EventEscalation
	EventLink
	EventTerminate
	EventCompensation
	EventConditional
)

var eventTypeNames = [...]string{
	EventUnspecified:  "UNSPECIFIED",
	EventNone:         "NONE",
	EventMessage:      "MESSAGE",
	EventTimer:        "TIMER",
	EventError:        "ERROR",
	EventSignal:       "SIGNAL",
	EventEscalation:   "ESCALATION",
	EventLink:         "LINK",
	EventTerminate:    "TERMINATE",
	EventCompensation: "COMPENSATION",
	EventConditional:  "CONDITIONAL",
}

// String is Zeebe's name of the event type, as it stands in records
// ("TIMER"); "UNSPECIFIED" for a value out of range.
func (t EventType) String() string {
	if int(t) < len(eventTypeNames) {
		return eventTypeNames[t]
	}
	return eventTypeNames[EventUnspecified]
}

// EventTypeOf is the inverse of String; EventUnspecified for an unknown name.
func EventTypeOf(name string) EventType {
	for i, n := range eventTypeNames {
		if n == name {
			return EventType(i)
		}
	}
	return EventUnspecified
}

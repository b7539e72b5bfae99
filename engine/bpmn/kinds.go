package bpmn

import "strings"

// kind is what the reader knows of one element of BPMN: to support an element,
// add a file with its rules and its line here.
type kind struct {
	element ElementType
	// check adds findings; it may be nil.
	check func(m *model, n *node)
	// build fills in the element from a node without findings; it may be nil.
	build func(b *builder, n *node, e *Element)
}

// kinds are the flow nodes that are executed.
var kinds = map[string]kind{
	"startEvent":             {StartEvent, checkStartEvent, buildEvent},
	"endEvent":               {EndEvent, checkEndEvent, buildEvent},
	"intermediateCatchEvent": {IntermediateCatchEvent, checkCatchEvent, buildEvent},
	"boundaryEvent":          {BoundaryEvent, checkBoundaryEvent, buildBoundaryEvent},
	"serviceTask":            {ServiceTask, checkServiceTask, buildServiceTask},
	"receiveTask":            {ReceiveTask, checkReceiveTask, buildReceiveTask},
	"manualTask":             {ManualTask, nil, nil},
	"task":                   {Task, nil, nil},
	"callActivity":           {CallActivity, checkCallActivity, buildCallActivity},
	"subProcess":             {SubProcess, checkSubProcess, nil},
	"exclusiveGateway":       {ExclusiveGateway, checkExclusiveGateway, buildExclusiveGateway},
	"parallelGateway":        {ParallelGateway, nil, nil},
	"eventBasedGateway":      {EventBasedGateway, checkEventBasedGateway, buildEventBasedGateway},
}

// events are the event definitions, by the name of their element. What is
// not here does not exist in Zeebe either.
var events = map[string]EventType{
	"messageEventDefinition":     EventMessage,
	"timerEventDefinition":       EventTimer,
	"errorEventDefinition":       EventError,
	"signalEventDefinition":      EventSignal,
	"escalationEventDefinition":  EventEscalation,
	"linkEventDefinition":        EventLink,
	"terminateEventDefinition":   EventTerminate,
	"compensateEventDefinition":  EventCompensation,
	"conditionalEventDefinition": EventConditional,
}

// executedEvent says which events this version runs.
func executedEvent(t EventType) bool {
	return t == EventNone || t == EventMessage || t == EventTimer || t == EventError
}

// silent says which children of a scope have no meaning for execution: data,
// lanes, artifacts, documentation.
func silent(name string) bool {
	switch name {
	case "documentation", "extensionElements", "incoming", "outgoing", "auditing", "monitoring", "category",
		"laneSet", "property", "ioSpecification", "dataObject", "dataObjectReference", "dataStoreReference",
		"dataInputAssociation", "dataOutputAssociation", "textAnnotation", "association", "group",
		"resourceRole", "performer", "humanPerformer", "potentialOwner", "correlationSubscription", "supports":
		return true
	}
	return false
}

// check applies every rule to the whole document and returns the findings in
// document order.
func (m *model) check() []Finding {
	if len(m.processes) == 0 {
		m.fail(m.doc, "Must contain at least one executable process")
	}
	m.doc.walk(func(n *node) bool {
		switch {
		case n.is(bpmnNamespace, "process") && !n.isSet("isExecutable", false):
			return false
		case notExecuted(n):
			m.fail(n, notYet, "Elements of type '"+strings.ToUpper(n.name[:1])+n.name[1:]+"'")
			return false
		case n.space == zeebeNamespace:
			m.checkExtension(n)
		default:
			m.checkBPMN(n)
		}
		return true
	})
	sortFindings(m.findings)
	return m.findings
}

func (m *model) checkBPMN(n *node) {
	switch n.name {
	case "process":
		checkProcess(m, n)
	case "message":
		checkMessage(m, n)
	case "sequenceFlow":
		checkSequenceFlow(m, n)
	case "conditionExpression":
		m.formula(n, n.text)
	case "timerEventDefinition":
		checkTimerDefinition(m, n)
	case "messageEventDefinition":
		if m.message(n) == nil {
			m.fail(n, needsMessage)
		}
	case "errorEventDefinition":
		checkErrorDefinition(m, n)
	case "multiInstanceLoopCharacteristics":
		m.fail(n, notYet, "Multi-instance activities")
	default:
		m.checkNode(n)
	}
}

// checkNode applies the rules of a flow node or an event definition.
func (m *model) checkNode(n *node) {
	if strings.HasSuffix(n.name, "EventDefinition") && n.parent != m.doc {
		if _, known := events[n.name]; !known || n.name == "conditionalEventDefinition" {
			m.fail(n, unsupportedDef)
		}
		return
	}
	k, found := kinds[n.name]
	if !found {
		return
	}
	if n.id() == "" {
		m.fail(n, idMustBeThere)
	}
	if !isScope(n.parent) {
		m.fail(n, misplaced, n.parent.name)
	}
	if len(n.extensions("ioMapping")) > 1 {
		m.fail(n, exactlyOne+" when exists. Please check process definition XML and retain only one extension element.", "zeebe:ioMapping")
	}
	if n.isSet("isForCompensation", false) {
		m.fail(n, notYet, "Compensation handlers")
	}
	m.sameNames(n, m.attached[n], everyEvent)
	checkErrorCatches(m, n)
	if k.check != nil {
		k.check(m, n)
	}
}

// notExecuted says that a node stands among the flow elements of a scope and
// is none that is executed.
func notExecuted(n *node) bool {
	if n.space != bpmnNamespace || n.parent == nil || !isScope(n.parent) {
		return false
	}
	_, executed := kinds[n.name]
	return !executed && n.name != "sequenceFlow" && !silent(n.name) && !strings.HasSuffix(n.name, "LoopCharacteristics")
}

// eventOf is the type of an event: that of its first definition.
func eventOf(n *node) EventType {
	if defs := n.definitions; len(defs) > 0 {
		return events[defs[0].name]
	}
	return EventNone
}

// notYetEvent adds a finding when Zeebe runs such events, and this version
// does not.
func (m *model) notYetEvent(n *node) {
	if t := eventOf(n); t != EventUnspecified && !executedEvent(t) && t != EventConditional {
		name := t.String()
		m.fail(n, notYet, name[:1]+strings.ToLower(name[1:])+" events")
	}
}

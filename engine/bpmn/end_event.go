package bpmn

func checkEndEvent(m *model, n *node) {
	if len(m.listed(n, "outgoing")) > 0 {
		m.fail(n, "End events must not have outgoing sequence flows to other elements.")
	}
	if len(n.definitions) > 1 {
		m.fail(n, "Must have at most one event definition")
		return
	}
	switch eventOf(n) {
	case EventNone, EventError, EventMessage, EventTerminate, EventSignal, EventEscalation, EventCompensation:
	default:
		m.fail(n, "End events must be one of: none, error, message, terminate, signal, escalation or compensation")
		return
	}
	if eventOf(n) == EventMessage {
		m.fail(n, notYet, "Message end events")
		return
	}
	m.notYetEvent(n)
}

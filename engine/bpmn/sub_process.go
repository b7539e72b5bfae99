package bpmn

func checkSubProcess(m *model, n *node) {
	if n.isSet("triggeredByEvent", false) {
		m.fail(n, notYet, "Event sub-processes")
		return
	}
	starts := n.childrenNamed(bpmnNamespace, "startEvent")
	if len(starts) != 1 {
		m.fail(n, "Must have exactly one start event")
		return
	}
	if eventOf(starts[0]) != EventNone {
		m.fail(n, "Start events in subprocesses must be of type none")
	}
}

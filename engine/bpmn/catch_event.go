package bpmn

func checkCatchEvent(m *model, n *node) {
	if len(n.definitions) != 1 {
		m.fail(n, oneDefinition)
		return
	}
	definition := n.definitions[0]
	switch eventOf(n) {
	case EventMessage:
	case EventTimer:
		if kind, one := timerKind(definition); !one || kind == TimerCycle {
			m.fail(n, "Intermediate timer catch event must have either a time duration or a time date.")
		} else {
			m.checkTimerOf(n, definition, staticOnly)
		}
	case EventSignal, EventLink:
		m.notYetEvent(n)
	default:
		m.fail(n, "Event definition must be one of: message, timer, signal, or link")
	}
}

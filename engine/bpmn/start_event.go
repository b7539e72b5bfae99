package bpmn

import "github.com/payhub/payhub/engine/feel"

func checkStartEvent(m *model, n *node) {
	if len(n.definitions) > 1 {
		m.fail(n, "Start event can't have more than one type")
		return
	}
	if eventOf(n) == EventTimer {
		m.checkTimerOf(n, n.definitions[0], evaluated)
	}
	if n.parent.name != "process" {
		return // its sub-process says which types it may have
	}
	m.notYetEvent(n)
	switch eventOf(n) {
	case EventMessage:
		m.constantName(n)
	case EventError:
		m.fail(n, "A process cannot start with an error event; use an error boundary event where the error is thrown")
	}
}

// constantName refuses a message start event whose message name is no text
// that is known now: its subscription opens when the process is deployed.
func (m *model) constantName(event *node) {
	message := m.messageOfEvent(event)
	if message == nil {
		return
	}
	name := message.value("name")
	expr, err := feel.Compile(name)
	if err != nil || name == "" {
		return
	}
	v, err := expr.Eval(&feel.Env{}, nil)
	if err != nil || v.TypeName() != "STRING" {
		m.fail(event, notConstant, name, v.TypeName())
	}
}

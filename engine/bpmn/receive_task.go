package bpmn

func checkReceiveTask(m *model, n *node) {
	message := m.message(n)
	if message == nil {
		m.fail(n, needsMessage)
	} else {
		for _, event := range m.attached[n] {
			if other := m.messageOfEvent(event); other != nil && other.value("name") == message.value("name") {
				m.fail(n, "Cannot reference the same message name as a boundary event")
				break
			}
		}
	}
}

// A task definition beside the message is a leftover of a Modeler that changed
// the type of the task; it means nothing.
func buildReceiveTask(b *builder, n *node, e *Element) {
	e.Message = b.message(b.m.message(n))
}

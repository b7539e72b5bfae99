package bpmn

func checkMessage(m *model, n *node) {
	if n.id() == "" {
		m.fail(n, idMustBeThere)
	}
	u := m.used[n]
	if n.value("name") == "" && u.starts+u.others > 0 {
		m.fail(n, "Name must be present and not empty")
	}
	if u.others > 0 && len(n.extensions("subscription")) != 1 {
		m.fail(n, "Must have exactly one zeebe:subscription extension element")
	}
	if u.starts > 1 {
		m.fail(n, "A message cannot be referred by more than one start event")
	}
	m.parses(n, n.value("name"))
}

func (b *builder) message(n *node) *Message {
	message := &Message{ID: n.id(), Name: b.compile(n.value("name"))}
	if s := n.extension("subscription"); s != nil {
		message.CorrelationKey = b.compile(s.value("correlationKey"))
	}
	return message
}

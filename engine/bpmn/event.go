package bpmn

// buildEvent fills in what an event waits for or throws.
func buildEvent(b *builder, n *node, e *Element) {
	e.Event = eventOf(n)
	if e.Event == EventNone {
		return
	}
	definition := n.definitions[0]
	switch e.Event {
	case EventMessage:
		e.Message = b.message(b.m.message(definition))
	case EventTimer:
		kind, _ := timerKind(definition)
		e.Timer = &Timer{Kind: kind, Expr: b.compile(timerSource(definition, kind))}
	case EventError:
		e.Error = b.errorRef(b.m.errorOf(definition))
	}
}

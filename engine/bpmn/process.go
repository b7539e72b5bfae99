package bpmn

func checkProcess(m *model, n *node) {
	if n.id() == "" {
		m.fail(n, idMustBeThere)
	}
	starts := n.childrenNamed(bpmnNamespace, "startEvent")
	if len(starts) == 0 {
		m.fail(n, "Must have at least one start event")
	}
	none := 0
	for _, s := range starts {
		if eventOf(s) == EventNone {
			none++
		}
	}
	if none > 1 {
		m.fail(n, "Multiple none start events are not allowed")
	}
	m.sameNames(n, starts, distinctMessages)
}

// messageScope says whether one message behind two events counts as the same
// name twice; where it does not, another rule speaks of it.
type messageScope bool

const (
	everyEvent       messageScope = false
	distinctMessages messageScope = true
)

// sameNames refuses two messages of one name among events that are open at the
// same time: which of them would get the message?
func (m *model) sameNames(at *node, events []*node, distinct messageScope) {
	names, seen, told := map[string]bool{}, map[*node]bool{}, map[string]bool{}
	for _, e := range events {
		message := m.messageOfEvent(e)
		if message == nil || message.value("name") == "" || bool(distinct) && seen[message] {
			continue
		}
		seen[message] = true
		name := message.value("name")
		if names[name] && !told[name] {
			m.fail(at, duplicateName, name)
			told[name] = true
		}
		names[name] = true
	}
}

// messageOfEvent is the message an event waits for; nil if it waits for none.
func (m *model) messageOfEvent(event *node) *node {
	for _, d := range event.definitions {
		if d.name == "messageEventDefinition" {
			return m.message(d)
		}
	}
	return nil
}

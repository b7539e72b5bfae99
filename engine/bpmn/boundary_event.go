package bpmn

import "strings"

func checkBoundaryEvent(m *model, n *node) {
	activity := m.byID[local(n.value("attachedToRef"))]
	switch {
	case activity == nil || !isActivity(activity.name):
		m.fail(n, "Must be attached to an activity")
	case activity.parent != n.parent:
		m.fail(n, "Must lie in the same process or sub-process as '%s', to which it is attached", activity.id())
	}
	if len(m.listed(n, "incoming")) > 0 {
		m.fail(n, "Cannot have incoming sequence flows")
	}
	if len(n.definitions) != 1 {
		m.fail(n, oneDefinition)
		return
	}
	definition := n.definitions[0]
	interrupting := n.isSet("cancelActivity", true)
	switch eventOf(n) {
	case EventTimer:
		kind, one := timerKind(definition)
		if one && kind == TimerCycle && interrupting {
			m.fail(n, "Interrupting timer event with time cycle is not allowed.")
		} else if one {
			m.checkTimerOf(n, definition, staticOnly)
		}
	case EventError:
		if !interrupting {
			m.fail(n, "Non-Interrupting event of this type is not allowed")
		}
	case EventMessage:
	case EventSignal, EventEscalation, EventCompensation:
		m.notYetEvent(n)
	default:
		m.fail(n, "Boundary events must be one of: timer, message, error, signal, escalation")
	}
}

// isActivity says whether an element can have boundary events; of activities
// that are not executed yet, their own finding speaks.
func isActivity(name string) bool {
	return strings.HasSuffix(name, "Task") || name == "task" || name == "callActivity" ||
		strings.HasSuffix(strings.ToLower(name), "subprocess") || name == "transaction"
}

func buildBoundaryEvent(b *builder, n *node, e *Element) {
	buildEvent(b, n, e)
	e.Interrupting = n.isSet("cancelActivity", true)
	e.AttachedTo = b.elements[b.m.byID[local(n.value("attachedToRef"))]]
	e.AttachedTo.Boundary = append(e.AttachedTo.Boundary, e)
}

package bpmn

import "strings"

func checkErrorDefinition(m *model, n *node) {
	e := m.errorOf(n)
	switch n.parent.name {
	case "endEvent":
		switch {
		case e == nil:
			m.fail(n, "Must reference an error")
		case e.value("errorCode") == "":
			m.fail(n, "ErrorCode must be present and not empty")
		default:
			m.parses(n, e.value("errorCode"))
		}
	default:
		if e != nil && strings.HasPrefix(e.value("errorCode"), "=") {
			m.fail(n, "The errorCode of the error catch event is not allowed to be an expression")
		}
	}
}

// checkErrorCatches refuses two error boundary events of an activity that
// would catch the same error.
func checkErrorCatches(m *model, activity *node) {
	count := map[string]int{}
	for _, event := range m.attached[activity] {
		if eventOf(event) != EventError {
			continue
		}
		code := errorCode(m, event)
		count[code]++
		switch {
		case count[code] != 2:
		case code == "":
			m.fail(activity, "The same scope can not contain more than one error catch event without error code. An error catch event without error code catches all errors.")
		default:
			m.fail(activity, "Multiple error catch events with the same error code '%s' are not supported on the same scope.", code)
		}
	}
}

// errorCode is the code an error event catches; empty if it catches all.
func errorCode(m *model, event *node) string {
	if e := m.errorOf(event.definitions[0]); e != nil {
		return e.value("errorCode")
	}
	return ""
}

func (b *builder) errorRef(n *node) *ErrorRef {
	if n == nil {
		return &ErrorRef{}
	}
	ref := &ErrorRef{ID: n.id()}
	if code := n.value("errorCode"); code != "" {
		ref.Code = b.compile(code)
	}
	return ref
}

package element

import (
	"fmt"
	"strings"

	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// throwError throws an error from an element instance outwards: over the boundary events of the
// instance itself and of the scopes around it, then of the call activity that called the
// instance, and so on. The failure says that nobody catches it.
func throwError(x *Execution, code, message string, variables record.Document) *Failure {
	var others []string
	for key := x.Key; key >= 0; {
		e := x.View.ElementInstance(key)
		_, element := x.View.Element(e)
		if boundary := catcher(element, code, &others); boundary != nil && Trigger(x.Step, key, boundary.ID, variables) {
			return nil
		}
		key = e.FlowScopeKey
		if element.Type == bpmn.ProcessElement {
			key = e.ParentElementInstanceKey
		}
	}
	text := fmt.Sprintf("Expected to throw an error event with the code '%s'", code)
	if message != "" {
		text += fmt.Sprintf(" with message '%s'", message)
	}
	text += ", but it was not caught."
	if len(others) > 0 {
		text += fmt.Sprintf(" Available error events are [%s]", strings.Join(others, ", "))
	} else {
		text += " No error events are available in the scope."
	}
	return &Failure{Type: record.ErrorTypeUnhandledErrorEvent, Message: text}
}

// catcher finds the boundary event that catches a code: the one that names it, else the one that
// catches all. The codes of those that do not are added to others.
func catcher(e *bpmn.Element, code string, others *[]string) (all *bpmn.Element) {
	for _, b := range e.Boundary {
		switch {
		case b.Error == nil:
		case b.Error.Code == nil:
			all = b
		default:
			caught, _ := b.Error.Code.Static().AsString()
			if !b.Error.Code.IsStatic() || caught == "" {
				caught = b.Error.Code.Source()
			}
			if caught == code {
				return b
			}
			*others = append(*others, caught)
		}
	}
	return all
}

// ThrowError throws an error on behalf of a job's element instance. It returns the failure, with
// the instance it belongs to, if nobody catches it.
func ThrowError(s *step.Step, e *state.ElementInstance, code, message string, variables record.Document) *Failure {
	return throwError(execution(s, e), code, message, variables)
}

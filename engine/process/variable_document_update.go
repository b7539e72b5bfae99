package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// variableDocumentUpdate sets variables from outside: on the scope itself, or each where the
// nearest scope has it.
func variableDocumentUpdate(s *step.Step, command *record.Record) {
	v := *command.Value.(*record.VariableDocument)
	e := s.View.ElementInstance(v.ScopeKey)
	if e == nil || e.Terminating() {
		s.Reject(command, record.NotFound, "Expected to update variables for element with key '%d', but no such element was found", v.ScopeKey)
		return
	}
	definition, at := s.View.Element(e)
	value := element.Value(definition, at, e)
	if v.Local {
		element.SetLocal(s, value, e.Key, v.Variables)
	} else {
		element.Propagate(s, value, e.Key, v.Variables)
	}
	key := s.NextKey()
	s.Emit(key, record.VariableDocumentUpdated, &v)
	s.Respond(key, record.VariableDocumentUpdated, &v)
}

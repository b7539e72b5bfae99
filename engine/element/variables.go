package element

import (
	"bytes"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// setLocal gives a scope of the instance variables of its own.
func (x *Execution) setLocal(scope int64, doc record.Document) {
	SetLocal(x.Step, x.Value, scope, doc)
}

// propagate sets each variable where the nearest scope has it, else at the root.
func (x *Execution) propagate(scope int64, doc record.Document) {
	Propagate(x.Step, x.Value, scope, doc)
}

// SetLocal gives a scope variables of its own: new ones are created, those whose value differs
// are updated. v is any element instance of the same process instance.
func SetLocal(s *step.Step, v *record.ProcessInstance, scope int64, doc record.Document) {
	if len(doc) == 0 {
		return
	}
	present := s.View.Variables(scope)
	if len(present) == 0 {
		first := s.NextKeys(doc.Len()) - scope
		emit(s, v, scope, record.VariableCreated, doc.WithKeys(first))
		return
	}
	var created, updated record.Builder
	finder := present.Finder()
	doc.Each(func(e record.Entry) bool {
		before, known := finder.Get(e.Name)
		switch {
		case !known:
			created.Add(e.Name, 0, e.Value)
		case !bytes.Equal(before.Value, e.Value):
			updated.Add(e.Name, before.KeyOffset, e.Value)
		}
		return true
	})
	if created.Len() > 0 {
		first := s.NextKeys(created.Len()) - scope
		emit(s, v, scope, record.VariableCreated, created.Document().WithKeys(first))
	}
	if updated.Len() > 0 {
		emit(s, v, scope, record.VariableUpdated, updated.Document())
	}
}

// emit records created or updated variables of a scope.
func emit(s *step.Step, v *record.ProcessInstance, scope int64, intent record.Intent, doc record.Document) {
	s.Emit(scope, intent, &record.Variables{
		ScopeKey: scope, ProcessInstanceKey: v.ProcessInstanceKey, ProcessDefinitionKey: v.ProcessDefinitionKey,
		BpmnProcessID: v.BpmnProcessID, Document: doc, TenantID: v.TenantID,
	})
}

// Propagate sets each variable in the nearest scope that has it with another value, from a scope
// outwards, else in the outermost one, the process instance. (As observed on Zeebe 8.8: a scope
// that has the variable with the same value already does not keep it from going further.)
func Propagate(s *step.Step, v *record.ProcessInstance, scope int64, doc record.Document) {
	for scope >= 0 && len(doc) > 0 {
		parent := s.View.ParentScope(scope)
		if parent < 0 {
			SetLocal(s, v, scope, doc)
			return
		}
		if present := s.View.Variables(scope); len(present) > 0 {
			var here, further record.Builder
			finder := present.Finder()
			doc.Each(func(e record.Entry) bool {
				if before, known := finder.Get(e.Name); known && !bytes.Equal(before.Value, e.Value) {
					here.Add(e.Name, 0, e.Value)
				} else {
					further.Add(e.Name, 0, e.Value)
				}
				return true
			})
			SetLocal(s, v, scope, here.Document())
			doc = further.Document()
		}
		scope = parent
	}
}

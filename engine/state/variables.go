package state

import "github.com/payhub/payhub/engine/record"

// Variables are the variables of one scope, without those of the scopes around it.
func (v *View) Variables(scope int64) record.Document {
	value, _ := v.of(tableVariables, scope)
	return value
}

// PutVariables replaces the variables of a scope. fresh promises that it has none yet.
func (t *Tables) PutVariables(scope int64, doc record.Document, fresh bool) {
	key := t.key(tableVariables).num(scope)
	if fresh {
		t.overlay.insert(key, doc)
		return
	}
	t.overlay.put(key, doc)
}

// DeleteVariables removes the variables of a scope.
func (t *Tables) DeleteVariables(scope int64) {
	if _, found := t.of(tableVariables, scope); found {
		t.overlay.remove(t.key(tableVariables).num(scope))
	}
}

// ParentScope is the scope around a scope, -1 if there is none: variables of a called process
// instance do not see those of its caller.
func (v *View) ParentScope(scope int64) int64 {
	if e := v.ElementInstance(scope); e != nil {
		return e.FlowScopeKey
	}
	return -1
}

// Variable finds a variable in a scope or the nearest scope around it that has it.
func (v *View) Variable(scope int64, name string) ([]byte, bool) {
	for ; scope >= 0; scope = v.ParentScope(scope) {
		if e, ok := v.Variables(scope).Get(name); ok {
			return e.Value, true
		}
	}
	return nil, false
}

// VisibleVariables collects what a scope sees: its own variables and those around it that no
// nearer one hides. The variables of a scope that sees only one document are that document.
func (v *View) VisibleVariables(scope int64) record.Document {
	doc := v.Variables(scope)
	for scope = v.ParentScope(scope); scope >= 0; scope = v.ParentScope(scope) {
		outer := v.Variables(scope)
		switch {
		case len(outer) == 0:
		case len(doc) == 0:
			doc = outer
		default:
			doc = merged(doc, outer)
		}
	}
	return doc
}

// merged adds to a document what another has beyond it.
func merged(inner, outer record.Document) record.Document {
	var b record.Builder
	inner.Each(func(e record.Entry) bool {
		b.Add(e.Name, e.KeyOffset, e.Value)
		return true
	})
	outer.Each(func(e record.Entry) bool {
		if _, hidden := inner.Get(e.Name); !hidden {
			b.Add(e.Name, e.KeyOffset, e.Value)
		}
		return true
	})
	return b.Document()
}

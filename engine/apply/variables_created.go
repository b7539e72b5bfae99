package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// variablesCreated adds variables to a scope that does not have them.
func variablesCreated(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.Variables)
	present := t.Variables(v.ScopeKey)
	if len(present) == 0 {
		t.PutVariables(v.ScopeKey, v.Document, true)
		return
	}
	var b record.Builder
	add := func(e record.Entry) bool {
		b.Add(e.Name, e.KeyOffset, e.Value)
		return true
	}
	present.Each(add)
	v.Document.Each(add)
	t.PutVariables(v.ScopeKey, b.Document(), false)
}

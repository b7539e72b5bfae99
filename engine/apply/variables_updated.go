package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// variablesUpdated gives variables of a scope new values.
func variablesUpdated(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.Variables)
	var b record.Builder
	finder := v.Document.Finder()
	t.Variables(v.ScopeKey).Each(func(e record.Entry) bool {
		if updated, ok := finder.Get(e.Name); ok {
			e.Value = updated.Value
		}
		b.Add(e.Name, e.KeyOffset, e.Value)
		return true
	})
	t.PutVariables(v.ScopeKey, b.Document(), false)
}

package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// processCreated adds a process definition.
func processCreated(t *state.Tables, r *record.Record) {
	t.InsertProcess(r.Key, r.Value.(*record.Process))
}

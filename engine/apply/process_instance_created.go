package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// processInstanceCreated notes the call that waits for the new instance to complete, if one does.
func processInstanceCreated(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.ProcessInstanceCreation)
	if v.RequestID != 0 {
		t.InsertAwaitResult(v.ProcessInstanceKey, &state.AwaitResult{RequestID: v.RequestID, FetchVariables: v.FetchVariables})
	}
}

package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// processInstanceResultCompleted forgets the call that has got its result.
func processInstanceResultCompleted(t *state.Tables, r *record.Record) {
	t.DeleteAwaitResult(r.Value.(*record.ProcessInstanceResult).ProcessInstanceKey)
}

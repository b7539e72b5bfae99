package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// checkpointCreated keeps the number of the newest checkpoint.
func checkpointCreated(t *state.Tables, r *record.Record) {
	t.PutCheckpoint(r.Value.(*record.Checkpoint))
}

package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// jobYielded offers a job again that could not be handed to its worker.
func jobYielded(t *state.Tables, r *record.Record) { jobBack(t, r) }

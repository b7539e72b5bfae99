package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// jobRecurredAfterBackoff offers a failed job again when its back-off is over.
func jobRecurredAfterBackoff(t *state.Tables, r *record.Record) { jobBack(t, r) }

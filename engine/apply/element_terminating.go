package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// elementTerminating marks an element instance as being terminated.
func elementTerminating(t *state.Tables, r *record.Record) { setElementState(t, r) }

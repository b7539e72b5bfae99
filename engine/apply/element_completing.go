package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// elementCompleting marks an element instance as completing.
func elementCompleting(t *state.Tables, r *record.Record) { setElementState(t, r) }

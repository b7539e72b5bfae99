package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// messageExpired removes a message whose time to live is over.
func messageExpired(t *state.Tables, r *record.Record) {
	if m := t.Message(r.Key); m != nil {
		t.DeleteMessage(m)
	}
}

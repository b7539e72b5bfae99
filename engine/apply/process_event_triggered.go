package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// processEventTriggered removes an event that its element has taken.
func processEventTriggered(t *state.Tables, r *record.Record) {
	t.DeleteProcessEvent(r.Value.(*record.ProcessEvent).ScopeKey)
}

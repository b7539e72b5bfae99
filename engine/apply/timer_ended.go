package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// timerEnded removes a timer that has fired or was canceled.
func timerEnded(t *state.Tables, r *record.Record) {
	t.DeleteTimer(&state.Timer{Timer: *r.Value.(*record.Timer), Key: r.Key})
}

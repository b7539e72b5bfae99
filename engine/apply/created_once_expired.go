package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// createdOnceExpired forgets an idempotency key.
func createdOnceExpired(t *state.Tables, r *record.Record) {
	t.DeleteCreatedOnce(r.Value.(*record.CreatedOnce))
}

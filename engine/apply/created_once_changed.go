package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// createdOnceChanged keeps what an idempotency key made, and how that ended.
func createdOnceChanged(t *state.Tables, r *record.Record) {
	t.PutCreatedOnce(r.Value.(*record.CreatedOnce))
}

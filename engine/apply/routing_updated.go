package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// routingUpdated keeps how many partitions there are.
func routingUpdated(t *state.Tables, r *record.Record) {
	t.PutRouting(r.Value.(*record.Routing))
}

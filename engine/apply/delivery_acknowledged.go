package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// deliveryAcknowledged removes what another partition has taken from the outbox.
func deliveryAcknowledged(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.Delivery)
	t.DeleteSends(v.To, v.Through)
}

package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// deliveryReceived notes that mail of another partition has been taken.
func deliveryReceived(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.Delivery)
	t.PutReceived(v.From, v.Through)
}

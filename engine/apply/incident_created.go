package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// incidentCreated adds an incident.
func incidentCreated(t *state.Tables, r *record.Record) {
	t.InsertIncident(&state.Incident{Incident: *r.Value.(*record.Incident), Key: r.Key})
}

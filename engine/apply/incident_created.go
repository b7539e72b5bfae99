package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// incidentCreated adds an incident. A job that is too large for a worker is not offered any more
// until its incident is resolved; one that failed or threw an error has been taken back already.
func incidentCreated(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.Incident)
	t.InsertIncident(&state.Incident{Incident: *v, Key: r.Key})
	if v.JobKey > 0 && v.ErrorType == record.ErrorTypeMessageSizeExceeded {
		changeJob(t, v.JobKey, v.TenantID, func(j *state.Job) { j.State = state.JobFailed })
	}
}

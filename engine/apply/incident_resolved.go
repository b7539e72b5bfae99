package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// incidentResolved removes an incident; a job that had one is offered to workers again if it has
// retries, or if its error was caught nowhere.
func incidentResolved(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.Incident)
	t.DeleteIncident(&state.Incident{Incident: *v, Key: r.Key})
	if v.JobKey <= 0 {
		return
	}
	job := t.Job(v.JobKey)
	if job == nil || job.State != state.JobFailed && job.State != state.JobErrorThrown {
		return
	}
	changeJob(t, v.JobKey, v.TenantID, func(j *state.Job) {
		j.State, j.RecurringTime = state.JobActivatable, 0
	})
}

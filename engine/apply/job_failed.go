package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// jobFailed gives a job back: to be tried again at once or after its back-off, or, without
// retries left, to wait for somebody to raise them.
func jobFailed(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.Job)
	changeJob(t, r.Key, v.TenantID, func(j *state.Job) {
		j.Retries, j.ErrorMessage, j.Deadline, j.RecurringTime = v.Retries, v.ErrorMessage, 0, 0
		j.State = state.JobFailed
		switch {
		case v.Retries > 0 && v.RetryBackoff > 0:
			j.RecurringTime = v.RecurringTime
		case v.Retries > 0:
			j.State = state.JobActivatable
		}
	})
}

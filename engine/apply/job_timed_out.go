package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// jobTimedOut takes a job from a worker that kept it too long; it costs no retry.
func jobTimedOut(t *state.Tables, r *record.Record) { jobBack(t, r) }

// jobBack offers a job to workers again.
func jobBack(t *state.Tables, r *record.Record) {
	changeJob(t, r.Key, r.Value.(*record.Job).TenantID, func(j *state.Job) {
		j.State, j.Deadline, j.RecurringTime, j.Worker = state.JobActivatable, 0, 0, ""
	})
}

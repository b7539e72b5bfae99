package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// jobBatchActivated gives jobs to a worker until their deadline.
func jobBatchActivated(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.JobBatch)
	for i, key := range v.JobKeys {
		changeJob(t, key, v.Jobs[i].TenantID, func(j *state.Job) {
			j.State, j.Worker, j.Deadline = state.JobActivated, v.Worker, v.Jobs[i].Deadline
		})
	}
}

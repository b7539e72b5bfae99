package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// jobTimeoutUpdated gives a worker another deadline for its job.
func jobTimeoutUpdated(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.Job)
	changeJob(t, r.Key, v.TenantID, func(j *state.Job) { j.Deadline = v.Deadline })
}

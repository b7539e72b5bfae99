package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// jobRetriesUpdated sets a job's retries; a job that failed stays so until its incident is resolved.
func jobRetriesUpdated(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.Job)
	changeJob(t, r.Key, v.TenantID, func(j *state.Job) { j.Retries = v.Retries })
}

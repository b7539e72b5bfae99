package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// jobErrorThrown ends a job with an error. If the error is caught nowhere the job stays, so that
// resolving its incident can offer it again.
func jobErrorThrown(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.Job)
	if !v.Uncaught {
		jobEnded(t, r)
		return
	}
	changeJob(t, r.Key, v.TenantID, func(j *state.Job) {
		j.State, j.ErrorCode, j.ErrorMessage, j.Deadline = state.JobErrorThrown, v.ErrorCode, v.ErrorMessage, 0
	})
}

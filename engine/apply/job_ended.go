package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// jobEnded removes a completed or canceled job.
func jobEnded(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.Job)
	t.DeleteJob(v.TenantID, t.Job(r.Key))
	if e := t.ElementInstance(v.ElementInstanceKey); e != nil {
		e.JobKey = 0
		t.PutElementInstance(e)
	}
}

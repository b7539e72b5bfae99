package apply

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// jobCreated adds a job that waits for a worker.
func jobCreated(t *state.Tables, r *record.Record) {
	v := r.Value.(*record.Job)
	t.PutJob(v.TenantID, nil, &state.Job{
		Key: r.Key, State: state.JobActivatable, Type: v.Type, Retries: v.Retries, ElementInstanceKey: v.ElementInstanceKey,
	})
	e := t.ElementInstance(v.ElementInstanceKey)
	e.JobKey = r.Key
	t.PutElementInstance(e)
}

// changeJob changes a job's row and its indexes.
func changeJob(t *state.Tables, key int64, tenant string, change func(*state.Job)) {
	before := t.Job(key)
	after := *before
	change(&after)
	t.PutJob(tenant, before, &after)
}

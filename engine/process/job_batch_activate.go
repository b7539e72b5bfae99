package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// maxBatchBytes bounds the variables of one answer: a gRPC message is at most 4 MiB, and a
// quarter of it is left for everything else.
const maxBatchBytes = 3 << 20

// jobBatchActivate gives a worker, or a stream that wants what had to wait, up to the wanted
// number of jobs of a type, oldest first. A job that no answer can hold would be in everybody's way
// for ever: it gets an incident, as on Zeebe.
func jobBatchActivate(s *step.Step, command *record.Record) {
	v := command.Value.(*record.JobBatch)
	batch := *v
	batch.JobKeys, batch.Jobs = nil, nil
	var variables []record.Document
	var tooLarge []int64
	size := 0
	tenants := v.TenantIDs
	if len(tenants) == 0 {
		tenants = []string{record.DefaultTenant}
	}
	for _, tenant := range tenants {
		s.View.ActivatableJobs(tenant, v.Type, func(key int64) bool {
			job := s.View.Job(key)
			if job == nil || job.State != state.JobActivatable {
				return true
			}
			visible := s.View.VisibleVariables(job.ElementInstanceKey).Only(v.FetchVariables)
			if len(visible) > element.MaxJobBytes {
				tooLarge = append(tooLarge, key)
				return true
			}
			if size += len(visible); size > maxBatchBytes && len(batch.JobKeys) > 0 {
				batch.Truncated = true
				return false
			}
			element.AddToBatch(s, &batch, key, element.JobValue(s.View, job))
			variables = append(variables, visible)
			return int32(len(batch.JobKeys)) < v.MaxJobsToActivate
		})
	}
	if len(batch.JobKeys) > 0 {
		s.Emit(-1, record.JobBatchActivated, &batch)
	}
	for _, key := range tooLarge {
		element.RaiseTooLarge(s, s.View.Job(key))
	}
	answer := batch
	answer.Jobs = append([]record.Job(nil), batch.Jobs...)
	for i := range answer.Jobs {
		answer.Jobs[i].Variables = variables[i]
		if v.Stream != 0 {
			s.Push(step.Push{Stream: v.Stream, Key: batch.JobKeys[i], Job: answer.Jobs[i]})
		}
	}
	s.Respond(-1, record.JobBatchActivated, &answer)
}

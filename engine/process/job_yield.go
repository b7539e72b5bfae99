package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// jobYield offers a job again that could not be handed to its worker. A command that names a lease, by
// its deadline, means that one only: it may be late, and then the job is another worker's.
func jobYield(s *step.Step, command *record.Record) {
	job := s.View.Job(command.Key)
	if job == nil || job.State != state.JobActivated {
		return
	}
	lease := command.Value.(*record.Job)
	if lease.Deadline > 0 && (lease.Deadline != job.Deadline || lease.Worker != job.Worker) {
		return
	}
	s.Emit(job.Key, record.JobYielded, element.JobValue(s.View, job))
	offer(s, job.Key)
}

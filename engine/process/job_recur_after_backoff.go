package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// jobRecurAfterBackoff offers a failed job again when its back-off is over.
func jobRecurAfterBackoff(s *step.Step, command *record.Record) {
	job := s.View.Job(command.Key)
	if job == nil || job.State != state.JobFailed || job.RecurringTime == 0 || job.RecurringTime > s.Now() {
		return
	}
	s.Emit(job.Key, record.JobRecurredAfterBackoff, element.JobValue(s.View, job))
	offer(s, job.Key)
}

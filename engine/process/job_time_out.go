package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// jobTimeOut takes a job from a worker whose time is over and offers it again.
func jobTimeOut(s *step.Step, command *record.Record) {
	job := s.View.Job(command.Key)
	if job == nil || job.State != state.JobActivated || job.Deadline > s.Now() {
		return
	}
	s.Emit(job.Key, record.JobTimedOut, element.JobValue(s.View, job))
	offer(s, job.Key)
}

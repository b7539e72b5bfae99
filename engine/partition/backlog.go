package partition

import (
	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
)

// maxDrained bounds the jobs that one command activates for a stream.
const maxDrained = 100

// drain adds commands that activate waiting jobs for streams with credits. They take the credits
// they ask for; what they find no job for is given back.
func (s *streams) drain(commands []core.Command) []core.Command {
	for _, r := range s.active {
		if !r.backlog.Load() {
			continue
		}
		for range r.streams {
			st := r.turn()
			n := min(st.credits.Load(), maxDrained)
			if n <= 0 {
				continue
			}
			s.reserve(st, n)
			commands = append(commands, core.Command{Record: record.NewCommand(-1, record.JobBatchActivate, &record.JobBatch{
				Type: r.jobType, Worker: st.request.Worker, Timeout: st.request.Timeout, MaxJobsToActivate: int32(n),
				FetchVariables: st.request.FetchVariables, TenantIDs: st.request.TenantIDs, Stream: st.id,
			})})
		}
	}
	return commands
}

// hungry tells whether a stream has credits for jobs that may wait.
func (s *streams) hungry() bool {
	for _, r := range s.active {
		if !r.backlog.Load() {
			continue
		}
		for _, st := range r.streams {
			if st.credits.Load() > 0 {
				return true
			}
		}
	}
	return false
}

// available is a job that waits for a worker at the end of a batch.
type available struct {
	key     int64
	jobType string
}

// noteAvailable learns from a committed batch which job types have jobs that wait. A type whose
// streams asked for more jobs than there were has none left; one with jobs that became available
// and were not activated in the same batch has some, and is told to whoever polls.
func (s *streams) noteAvailable(records []record.Record, tell func(jobType string)) {
	for _, st := range s.touched {
		if st.reserved > 0 {
			st.ring.backlog.Store(false)
		}
	}
	s.release()
	free := s.free[:0]
	for i := range records {
		r := &records[i]
		if r.Type != record.Event {
			continue
		}
		switch v := r.Value.(type) {
		case *record.Job:
			if becomesAvailable(r.Intent, v) {
				free = append(free, available{r.Key, v.Type})
			}
		case *record.JobBatch:
			if v.Truncated && v.Stream != 0 {
				s.setBacklog(v.Type)
			}
			for _, key := range v.JobKeys {
				free = without(free, key)
			}
		case *record.Incident:
			if r.Intent == record.IncidentResolved && v.JobKey > 0 {
				s.backlogAll() // its job may be available again; the record does not say the type
			}
		}
	}
	last := ""
	for _, a := range free {
		if a.jobType == last {
			continue
		}
		last = a.jobType
		s.setBacklog(a.jobType)
		tell(a.jobType)
	}
	clear(free)
	s.free = free
}

func becomesAvailable(intent record.Intent, job *record.Job) bool {
	switch intent {
	case record.JobCreated, record.JobTimedOut, record.JobRecurredAfterBackoff, record.JobYielded:
		return true
	case record.JobFailed:
		return job.Retries > 0 && job.RecurringTime <= 0
	}
	return false
}

// without removes a job; those activated at once stand at the end.
func without(list []available, key int64) []available {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].key == key {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}

func (s *streams) setBacklog(jobType string) {
	if r := s.byType[jobType]; r != nil {
		r.backlog.Store(true)
	}
}

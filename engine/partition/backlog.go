package partition

import (
	"slices"

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

// refused notes that a job of a type was offered and no stream had room: it waits. Every job that
// becomes available is offered to the streams first, whatever made it so.
func (s *streams) refused(jobType string) {
	if !slices.Contains(s.waiting, jobType) {
		s.waiting = append(s.waiting, jobType)
	}
}

// noteWaiting learns from a committed decision which job types have jobs that wait. A type whose
// streams asked for more jobs than there were has none left; one of which a job was refused has, and
// is told to whoever polls.
func (s *streams) noteWaiting(records []record.Record, tell func(jobType string)) {
	if len(s.touched) > 0 {
		for _, st := range s.touched {
			if st.reserved > 0 {
				st.ring.backlog.Store(false)
			}
		}
		for i := range records {
			if v, ok := records[i].Value.(*record.JobBatch); ok && v.Truncated && v.Stream != 0 {
				s.setBacklog(v.Type)
			}
		}
	}
	for _, jobType := range s.waiting {
		s.setBacklog(jobType)
		tell(jobType)
	}
	s.release()
}

func (s *streams) setBacklog(jobType string) {
	if r := s.byType[jobType]; r != nil {
		r.backlog.Store(true)
	}
}

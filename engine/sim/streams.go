package sim

import (
	"slices"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
)

// stream is a worker's open stream at a partition's leader.
type stream struct {
	id       uint64
	gateway  *gateway
	link     uint64 // the connection it belongs to
	jobType  string
	worker   string
	lease    int64
	credits  int
	reserved int // taken in the decision in hand and not used yet
	ended    bool
	push     func(key int64, job *record.Job)
	closed   func() // tells the gateway that leadership is over
}

// streams mirrors engine/partition/streams.go and backlog.go: streams of a type get jobs in turn, as many as they have
// credits.
type streams struct {
	t       *owner
	lastID  uint64
	rings   []*ring // in the order of their first stream
	touched []*stream
	waiting []string // job types of which a job found no room in the decision in hand
}

type ring struct {
	jobType string
	streams []*stream
	next    int
	backlog bool // jobs may wait for a credit
}

// maxDrained bounds the jobs that one command activates for a stream.
const maxDrained = 100

func (s *streams) ring(jobType string) *ring {
	for _, r := range s.rings {
		if r.jobType == jobType {
			return r
		}
	}
	return nil
}

// open registers a stream; false when this node does not lead.
func (s *streams) open(st *stream) bool {
	if s.t.machine == nil {
		return false
	}
	s.lastID++
	st.id = s.lastID
	r := s.ring(st.jobType)
	if r == nil {
		r = &ring{jobType: st.jobType}
		s.rings = append(s.rings, r)
	}
	r.streams = append(r.streams, st)
	r.backlog = true
	s.t.poke()
	return true
}

// grant adds credits.
func (s *streams) grant(st *stream, n int) {
	if st.ended {
		return
	}
	st.credits += n
	if r := s.ring(st.jobType); r != nil && r.backlog {
		s.t.poke()
	}
}

// close ends a stream.
func (s *streams) close(st *stream) {
	st.ended = true
	r := s.ring(st.jobType)
	if r == nil {
		return
	}
	r.streams = slices.DeleteFunc(r.streams, func(other *stream) bool { return other == st })
	if len(r.streams) == 0 {
		s.rings = slices.DeleteFunc(s.rings, func(other *ring) bool { return other == r })
	}
}

// lost closes the streams of a gateway whose connection has broken.
func (s *streams) lost(g *gateway, link uint64) {
	for _, r := range slices.Clone(s.rings) {
		for _, st := range slices.Clone(r.streams) {
			if st.gateway == g && st.link <= link {
				s.close(st)
			}
		}
	}
}

// end closes all streams because this node no longer decides.
func (s *streams) end() {
	rings := s.rings
	s.rings, s.touched, s.waiting = nil, nil, nil
	for _, r := range rings {
		for _, st := range r.streams {
			st.ended = true
			st.closed()
		}
	}
}

// drain adds commands that activate waiting jobs for streams with credits.
func (s *streams) drain(commands []core.Command) []core.Command {
	for _, r := range s.rings {
		if !r.backlog {
			continue
		}
		for range r.streams {
			st := r.turn()
			n := min(st.credits, maxDrained)
			if n <= 0 {
				continue
			}
			s.reserve(st, n)
			commands = append(commands, core.Command{Record: record.NewCommand(-1, record.JobBatchActivate, &record.JobBatch{
				Type: r.jobType, Worker: st.worker, Timeout: st.lease, MaxJobsToActivate: int32(n), Stream: st.id,
			})})
		}
	}
	return commands
}

// hungry tells whether a stream has credits for jobs that may wait.
func (s *streams) hungry() bool {
	for _, r := range s.rings {
		if r.backlog && slices.ContainsFunc(r.streams, func(st *stream) bool { return st.credits > 0 }) {
			return true
		}
	}
	return false
}

// Acquire implements core.Streams.
func (s *streams) Acquire(jobType, tenant string) (core.StreamTarget, bool) {
	if r := s.ring(jobType); r != nil && tenant == record.DefaultTenant {
		for range r.streams {
			if st := r.turn(); st.credits > 0 {
				s.reserve(st, 1)
				return core.StreamTarget{Stream: st.id, Worker: st.worker, Timeout: st.lease}, true
			}
		}
	}
	if !slices.Contains(s.waiting, jobType) {
		s.waiting = append(s.waiting, jobType)
	}
	return core.StreamTarget{}, false
}

func (r *ring) turn() *stream {
	r.next %= len(r.streams)
	st := r.streams[r.next]
	r.next++
	return st
}

func (s *streams) reserve(st *stream, n int) {
	if st.reserved == 0 {
		s.touched = append(s.touched, st)
	}
	st.reserved += n
	st.credits -= n
}

// release gives back what the decision in hand did not use.
func (s *streams) release() {
	for _, st := range s.touched {
		st.credits += st.reserved
		st.reserved = 0
	}
	s.touched, s.waiting = s.touched[:0], s.waiting[:0]
}

// deliver hands activated jobs to their streams; a job whose stream is gone is available again at once.
func (s *streams) deliver(pushes []core.Push) {
	for i := range pushes {
		push := &pushes[i]
		st := s.find(push.Stream)
		if st == nil {
			s.t.post(yieldOf(push.Key, &push.Job))
			continue
		}
		st.reserved--
		st.push(push.Key, &push.Job)
	}
}

func (s *streams) find(id uint64) *stream {
	for _, r := range s.rings {
		for _, st := range r.streams {
			if st.id == id {
				return st
			}
		}
	}
	return nil
}

// noteWaiting learns from a committed decision which job types have jobs that wait.
func (s *streams) noteWaiting(records []record.Record) {
	if len(s.touched) > 0 {
		for _, st := range s.touched {
			if r := s.ring(st.jobType); r != nil && st.reserved > 0 {
				r.backlog = false
			}
		}
		for i := range records {
			if v, ok := records[i].Value.(*record.JobBatch); ok && v.Truncated && v.Stream != 0 {
				s.wait(v.Type)
			}
		}
	}
	for _, jobType := range s.waiting {
		s.wait(jobType)
	}
	s.release()
}

func (s *streams) wait(jobType string) {
	if r := s.ring(jobType); r != nil {
		r.backlog = true
	}
}

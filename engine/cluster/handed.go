package cluster

import (
	"strconv"
	"strings"
	"sync"
	"time"
)

// handed keeps the jobs that were handed to another node until it says that they arrived. A job
// that did not is available again at once: the peer says when it connects anew what it had got, and
// if it does not come back for a while it got nothing that it has not said.
type handed struct {
	r *Router

	mu    sync.Mutex
	lanes map[string]*handedLane // that have ended, by their id
}

// handedLane is what one connection had handed over without hearing that it arrived.
type handedLane struct {
	jobs  []handedJob
	timer *time.Timer
}

// handedJob is a job on its way to another node; numbers grow in the order of sending.
type handedJob struct {
	number    uint64
	partition int32
	StreamedJob
}

// comesBack is how long a peer may take to connect anew and say what it had got.
const comesBack = 700 * time.Millisecond

// ended takes over what a connection that has ended leaves in doubt.
func (h *handed) ended(lane string, jobs []handedJob) {
	if len(jobs) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lanes[lane] = &handedLane{jobs, time.AfterFunc(comesBack, func() { h.settle(lane, 0) })}
}

// settle decides about what an earlier connection left in doubt: through the given number it has
// arrived.
func (h *handed) settle(lane string, through uint64) {
	h.mu.Lock()
	left := h.lanes[lane]
	delete(h.lanes, lane)
	h.mu.Unlock()
	if left == nil {
		return
	}
	left.timer.Stop()
	for _, job := range left.jobs {
		if job.number > through {
			h.r.handBack(job.partition, job.StreamedJob)
		}
	}
}

// close forgets everything: the next leaders end the leases in time.
func (h *handed) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for lane, left := range h.lanes {
		left.timer.Stop()
		delete(h.lanes, lane)
	}
}

// previous is how a lane says, when it begins, what the one before had got.
func previous(lane string, got uint64) string { return lane + ":" + strconv.FormatUint(got, 10) }

// readPrevious reads what previous wrote; ok is false for anything else.
func readPrevious(text string) (lane string, got uint64, ok bool) {
	lane, number, ok := strings.Cut(text, ":")
	got, err := strconv.ParseUint(number, 10, 64)
	return lane, got, ok && err == nil
}

package gateway

import (
	"sync"
	"sync/atomic"

	"github.com/payhub/payhub/engine/cluster"
)

// parkedPolls are the long polls that found no job, by job type, first come first served. A
// notification wakes one of them; one that found jobs wakes the next, since there may be more.
// So a thousand workers that wait for one job ask the engine once, not a thousand times.
type parkedPolls struct {
	waiting atomic.Int64 // polls in all queues: a busy engine's notifications cost one load
	mutex   sync.Mutex
	byType  map[string][]*parkedPoll
}

// parkedPoll is one waiting call. Its wake channel holds at most one wake-up.
type parkedPoll struct {
	jobType string
	wake    chan struct{}
}

func newParkedPoll(jobType string) *parkedPoll {
	return &parkedPoll{jobType: jobType, wake: make(chan struct{}, 1)}
}

// park puts a poll at the end of its queue. A poll parks before it looks for jobs, so that no
// notification can fall between looking and waiting.
func (p *parkedPolls) park(poll *parkedPoll) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.byType == nil {
		p.byType = map[string][]*parkedPoll{}
	}
	p.byType[poll.jobType] = append(p.byType[poll.jobType], poll)
	p.waiting.Add(1)
}

// wake takes the first waiting poll out of the queue and wakes it; with anyJobType the first of
// every queue.
func (p *parkedPolls) wake(jobType string) {
	if p.waiting.Load() == 0 {
		return
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if jobType != anyJobType {
		p.wakeFirst(jobType)
		return
	}
	for jobType := range p.byType {
		p.wakeFirst(jobType)
	}
}

// anyJobType stands for every job type in notifications. No poll has it: a job type is not empty.
const anyJobType = cluster.AnyJobType

// wakeFirst wakes the first poll of a queue. The mutex is held.
func (p *parkedPolls) wakeFirst(jobType string) {
	queue := p.byType[jobType]
	if len(queue) == 0 {
		return
	}
	first := queue[0]
	p.set(jobType, queue[1:])
	first.wake <- struct{}{} // never blocks: a poll in the queue has no wake-up yet
}

// leave ends a poll's waiting. A wake-up it got but did not use goes to the next.
func (p *parkedPolls) leave(poll *parkedPoll) {
	p.mutex.Lock()
	queue := p.byType[poll.jobType]
	for i, other := range queue {
		if other == poll {
			p.set(poll.jobType, append(append(make([]*parkedPoll, 0, len(queue)-1), queue[:i]...), queue[i+1:]...))
			break
		}
	}
	p.mutex.Unlock()
	select {
	case <-poll.wake:
		p.wake(poll.jobType)
	default:
	}
}

// set replaces a queue by itself without one poll.
func (p *parkedPolls) set(jobType string, queue []*parkedPoll) {
	p.waiting.Add(-1)
	if len(queue) == 0 {
		delete(p.byType, jobType) // job types that nobody waits for take no memory
		return
	}
	p.byType[jobType] = queue
}

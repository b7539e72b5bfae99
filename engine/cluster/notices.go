package cluster

import (
	"sync"
	"sync/atomic"

	"github.com/payhub/payhub/engine/record"
)

// notices takes the news that jobs became available to the nodes where somebody waits for them. A
// node asks every other for one notice per job type; so a job costs a message only where it is
// waited for, and a busy engine's many jobs cost one.
type notices struct {
	r      *Router
	notify atomic.Pointer[func(jobType string)]
	asks   atomic.Int64 // how many notices are asked of this node: a job costs one load where it is 0

	mu      sync.Mutex
	asked   map[string]map[*serving]bool // by job type: who asked this node for a notice
	awaited map[string]map[string]bool   // by job type: the nodes that this one asked
}

// AnyJobType is the type of which jobs became available when they may be of any.
const AnyJobType = ""

// maxAwaited is how many job types a node asks a peer for notices of. Who waits for more looks by
// itself from time to time.
const maxAwaited = 10_000

func newNotices(r *Router) *notices {
	return &notices{r: r, asked: map[string]map[*serving]bool{}, awaited: map[string]map[string]bool{}}
}

// available passes on that a job of a type became available here.
func (n *notices) available(jobType string) {
	n.tell(jobType)
	if n.asks.Load() == 0 {
		return
	}
	n.mu.Lock()
	asked := n.asked[jobType]
	delete(n.asked, jobType)
	n.asks.Add(-int64(len(asked)))
	n.mu.Unlock()
	for v := range asked {
		v.answer(itemNotice, 0, func(c *record.Codec) { c.String(&jobType) })
	}
}

// tell wakes who waits on this node.
func (n *notices) tell(jobType string) {
	if notify := n.notify.Load(); notify != nil {
		(*notify)(jobType)
	}
}

// ask keeps that a peer wants one notice.
func (n *notices) ask(v *serving, jobType string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if v.ctx.Err() != nil {
		return
	}
	of := n.asked[jobType]
	if of == nil {
		if len(n.asked) >= 4*maxAwaited {
			return
		}
		of = map[*serving]bool{}
		n.asked[jobType] = of
	}
	if !of[v] {
		of[v] = true
		n.asks.Add(1)
	}
}

// gone forgets what a peer asked for whose connection has ended.
func (n *notices) gone(v *serving) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for jobType, of := range n.asked {
		if of[v] {
			delete(of, v)
			n.asks.Add(-1)
		}
		if len(of) == 0 {
			delete(n.asked, jobType)
		}
	}
}

// await asks every other node for a notice, where one is not still to come. On the lane it stands
// before whatever looks for jobs next, so no job can fall between looking and waiting.
func (n *notices) await(jobType string) {
	for _, server := range n.r.roster.living() {
		n.mu.Lock()
		of := n.awaited[jobType]
		if of == nil {
			if len(n.awaited) >= maxAwaited {
				n.mu.Unlock()
				return
			}
			of = map[string]bool{}
			n.awaited[jobType] = of
		}
		begun := of[server]
		of[server] = true
		n.mu.Unlock()
		if begun {
			continue
		}
		l, err := n.r.roster.lane(server)
		if err != nil || !l.say(itemAwait, func(c *record.Codec) { c.String(&jobType) }) {
			n.mu.Lock()
			n.doneLocked(server, jobType)
			n.mu.Unlock()
		}
	}
}

// noticed takes a notice from a peer.
func (n *notices) noticed(server, jobType string) {
	n.mu.Lock()
	n.doneLocked(server, jobType)
	n.mu.Unlock()
	n.tell(jobType)
}

func (n *notices) doneLocked(server, jobType string) {
	delete(n.awaited[jobType], server)
	if len(n.awaited[jobType]) == 0 {
		delete(n.awaited, jobType)
	}
}

// lost wakes everybody who waits for a notice of a peer whose connection has ended: whoever goes on
// waiting asks anew.
func (n *notices) lost(server string) {
	n.mu.Lock()
	var types []string
	for jobType, of := range n.awaited {
		if of[server] {
			types = append(types, jobType)
			n.doneLocked(server, jobType)
		}
	}
	n.mu.Unlock()
	for _, jobType := range types {
		n.tell(jobType)
	}
}

// wakeAll lets everybody look again who waits for a job of whatever type: a partition has a new
// leader, and jobs may wait there.
func (n *notices) wakeAll() { n.tell(AnyJobType) }

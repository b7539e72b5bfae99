package sim

import (
	"errors"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/sim/check"
)

// gateway takes calls to the leaders, by the rules of engine/cluster: it sends a command again only when it was surely
// not accepted, and answers overload at once.
type gateway struct {
	process
	number  int
	leaders []known
	links   []link // to the nodes
	calls   []*request
	sources []*source
	next    int // partition whose turn it is
}

// link is a connection to a node.
type link struct {
	life   uint64 // of the node it goes to; 0: there is none
	number uint64 // of the connection
	dials  bool
	queued []func() // what waits for the dialling
	failed []func() // told when it is refused
	heard  int64
	got    map[uint64]*arrivals // by connection
}

// request is a client's call at a gateway.
type request struct {
	id        uint64
	partition int32
	command   record.Record
	lookup    *check.LookupRequest
	started   int64 // true time, ms
	node      int   // that has it; -1 while it is surely nowhere
	try       int   // number of the attempt
	done      bool
	held      *call // at the node
}

const (
	requestTimeout = 8_000_000 // how long a gateway waits for an answer
	findPause      = 40_000    // between two looks for a leader
)

func newGateway(w *world, number int) *gateway {
	return &gateway{
		process: process{w: w, address: w.setup.nodes + number, clock: clock{w: w}}, number: number,
		leaders: nobody(w.setup.partitions), links: make([]link, w.setup.nodes),
	}
}

// boot starts the gateway: it knows nobody.
func (g *gateway) boot() {
	if g.up {
		return
	}
	g.process.start()
	g.leaders = nobody(g.w.setup.partitions)
	g.links = make([]link, g.w.setup.nodes)
	for _, s := range g.sources {
		s.reopen()
	}
	g.ping()
}

// down kills it: its callers see their connections break.
func (g *gateway) down() {
	if !g.up {
		return
	}
	g.process.kill()
	for to, n := range g.w.nodes {
		n.lostGateway(g, g.links[to].number)
	}
	g.reset()
}

// lostGateway closes what a gateway had open here, once the node notices.
func (n *node) lostGateway(g *gateway, link uint64) {
	n.after(n.w.net.delay(), func() {
		n.doubt(g, link)
		for _, r := range n.replicas {
			if r != nil {
				r.owner.streams.lost(g, link)
			}
		}
	})
}

// ping looks whether the connections still carry anything; one that does not is broken, on both sides.
func (g *gateway) ping() {
	g.after(pingInterval, func() {
		for to := range g.links {
			l := &g.links[to]
			if l.life == 0 {
				continue
			}
			target, life := g.w.nodes[to], l.life
			if g.w.now-l.heard > 3*pingInterval {
				g.lostLink(to, life)
				target.lostGateway(g, l.number)
				continue
			}
			g.w.net.stream(&g.process, &target.process, func() {
				g.w.net.stream(&target.process, &g.process, func() {
					if target.life != life { // it knows nothing of this connection
						g.lostLink(to, life)
					}
					l.heard = g.w.now
				})
			})
		}
		g.ping()
	})
}

// pingInterval is how often a connection is looked at.
const pingInterval = 700_000

// reset breaks the connections of all clients: what they wait for has an outcome they do not know.
func (g *gateway) reset() {
	calls := g.calls
	g.calls = nil
	for _, q := range calls {
		if !q.done {
			q.done = true
			q.leave()
			g.w.client.finish(q, record.Record{}, check.Found{}, check.ErrUnknown)
		}
	}
}

// take accepts a client's call.
func (g *gateway) take(q *request) {
	if q.done {
		return
	}
	g.after(requestTimeout, func() {
		if q.node < 0 {
			g.finish(q, record.Record{}, check.Found{}, check.ErrUnavailable)
		} else {
			g.finish(q, record.Record{}, check.Found{}, check.ErrUnknown)
		}
	})
	g.route(q)
	if len(g.calls) > 64 {
		kept := g.calls[:0]
		for _, c := range g.calls {
			if !c.done {
				kept = append(kept, c)
			}
		}
		clear(g.calls[len(kept):])
		g.calls = kept
	}
}

// leave tells the node that nobody waits any more: what is not decided yet never will be.
func (q *request) leave() {
	if q.held != nil {
		q.held.gone = true
	}
}

// finish answers the client, once.
func (g *gateway) finish(q *request, answer record.Record, found check.Found, err error) {
	if q.done {
		return
	}
	q.done = true
	q.leave()
	if err == nil && len(yieldsOf(&answer)) > 0 { // they have arrived: nothing comes between
		g.w.client.finish(q, answer, found, nil)
		return
	}
	life := g.life
	delay := g.w.net.delay() / 4
	g.w.at(g.w.now+delay, func() {
		if g.life != life { // the answer was lost with the gateway
			err = check.ErrUnknown
		}
		g.w.client.finish(q, answer, found, err)
	})
}

// again tries a call that is surely nowhere.
func (g *gateway) again(q *request, wait int64) {
	q.node = -1
	g.after(wait+int64(g.w.pick(int(findPause))), func() {
		if !q.done {
			g.route(q)
		}
	})
}

// route takes a call to the leader of its partition.
func (g *gateway) route(q *request) {
	l := g.leaders[q.partition-1]
	if l.node < 0 {
		g.again(q, findPause)
		return
	}
	q.try++
	try := q.try
	g.over(l.node, func() {
		if q.done || q.try != try {
			return
		}
		g.send(l.node, q)
	}, func() {
		if !q.done && q.try == try {
			g.again(q, findPause)
		}
	})
}

// over calls go once there is a connection to a node, or refused when there will be none now.
func (g *gateway) over(to int, do, refused func()) {
	l := &g.links[to]
	if l.life != 0 {
		do()
		return
	}
	l.queued, l.failed = append(l.queued, do), append(l.failed, refused)
	if l.dials {
		return
	}
	l.dials = true
	target := g.w.nodes[to]
	answered := false
	answer := func(life uint64) {
		if answered {
			return
		}
		answered = true
		queued, failed := l.queued, l.failed
		l.queued, l.failed, l.dials, l.life, l.heard = nil, nil, false, life, g.w.now
		if life != 0 {
			g.w.links++
			l.number = g.w.links
		}
		if life == 0 {
			queued = failed
		}
		for _, f := range queued {
			f()
		}
	}
	g.after(dialTimeout, func() { answer(0) })
	if !g.w.reaches(&g.process, &target.process) {
		return
	}
	g.after(g.w.net.delay()*2, func() {
		if target.up && !target.frozen {
			answer(target.life)
		} else if !target.up {
			answer(0)
		}
	})
}

// dialTimeout bounds the making of a connection.
const dialTimeout = 1_000_000

// send hands a call to a node. From now on its outcome is known only by an answer.
func (g *gateway) send(to int, q *request) {
	target := g.w.nodes[to]
	q.node = to
	try, life, link := q.try, g.links[to].life, g.links[to].number
	back := func(do func()) {
		g.w.net.stream(&target.process, &g.process, func() {
			if g.links[to].life == life && g.links[to].number == link {
				do()
			} else { // the connection it belongs to is gone here
				target.lostGateway(g, link)
			}
		})
	}
	g.w.net.stream(&g.process, &target.process, func() {
		if target.life != life {
			back(func() { g.lostLink(to, life) })
			return
		}
		r := target.replica(q.partition)
		if r == nil {
			back(func() { g.answered(q, try, record.Record{}, check.Found{}, errNotLeader) })
			return
		}
		if q.lookup != nil {
			r.owner.query(func(m *core.Core, err error) {
				var found check.Found
				if err == nil {
					found = lookUp(m, q.lookup)
				}
				back(func() { g.answered(q, try, record.Record{}, found, err) })
			})
			return
		}
		c := &call{command: q.command}
		q.held = c
		c.reply = func(answer record.Record, err error) {
			if yields := yieldsOf(&answer); len(yields) > 0 {
				number, ok := target.answerJobs(g, link, q.partition, yields)
				if !ok {
					return
				}
				back(func() { g.got(target, life, link, number) })
			}
			back(func() { g.answered(q, try, answer, check.Found{}, err) })
		}
		r.owner.submit(c)
	})
}

func lookUp(m *core.Core, q *check.LookupRequest) check.Found {
	l := m.Lookup(core.LookupRequest{ProcessInstanceKey: q.ProcessInstanceKey, TenantID: q.TenantID, API: q.API, IdempotencyKey: q.IdempotencyKey})
	return check.Found{Found: l.Found, ProcessInstanceKey: l.ProcessInstanceKey, State: l.State, Variables: l.Variables, Incidents: len(l.Incidents)}
}

// answered takes a node's answer.
func (g *gateway) answered(q *request, try int, answer record.Record, found check.Found, err error) {
	if q.done { // the caller has left: jobs that nobody gets are available again at once
		g.yield(q, &answer)
		return
	}
	if q.try != try {
		return
	}
	switch {
	case err == nil:
		g.finish(q, answer, found, nil)
	case errors.Is(err, errNotLeader):
		if l := &g.leaders[q.partition-1]; l.node == q.node {
			l.node = -1 // until the next announcement
		}
		g.again(q, findPause)
	case errors.Is(err, errQueueFull), errors.Is(err, errDiskFull):
		g.finish(q, answer, found, check.ErrOverloaded)
	default:
		g.finish(q, answer, found, check.ErrUnknown)
	}
}

// yield gives jobs back that were activated for a caller that has left.
func (g *gateway) yield(q *request, answer *record.Record) {
	for _, y := range yieldsOf(answer) {
		g.post(q.node, q.partition, y)
	}
}

// post hands a node a command whose answer nobody waits for.
func (g *gateway) post(to int, partition int32, command record.Record) {
	target := g.w.nodes[to]
	g.w.net.stream(&g.process, &target.process, func() {
		if r := target.replica(partition); r != nil && r.owner.machine != nil {
			r.owner.post(command)
		}
	})
}

// lostLink is told when a connection to a node has broken: what was on its way has an unknown outcome.
func (g *gateway) lostLink(to int, life uint64) {
	if g.links[to].life != life {
		return
	}
	g.links[to].life = 0
	for _, q := range g.calls {
		if !q.done && q.node == to {
			g.finish(q, record.Record{}, check.Found{}, check.ErrUnknown)
		}
	}
	for _, s := range g.sources {
		s.lost(to)
	}
}

// learn takes an announcement of a leader.
func (g *gateway) learn(partition int32, k known) {
	l := &g.leaders[partition-1]
	if k.term == l.term && l.node < 0 {
		l.node = k.node
	}
	if k.term <= l.term {
		return
	}
	*l = k
	for _, s := range g.sources {
		s.led(partition)
	}
}

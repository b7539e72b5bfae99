package sim

import (
	"errors"
	"slices"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/record"
)

// handed mirrors engine/cluster/handed.go: a node keeps the jobs that it handed to a gateway until the gateway says that
// they arrived. Those that did not are available again soon after the connection has broken.
type handed struct {
	number uint64
	broken uint64 // connections up to this one have broken
	jobs   []handedJob
}

type handedJob struct {
	number    uint64
	link      uint64 // the connection it went over
	partition int32
	yield     record.Record
}

// comesBack is how long a gateway may take to connect anew and say what it had got.
const comesBack = 700_000

// hand keeps jobs on their way to a gateway; the number stands for them.
func (n *node) hand(to *gateway, link uint64, partition int32, yields ...record.Record) uint64 {
	h := &n.handed[to.number]
	h.number++
	for _, y := range yields {
		h.jobs = append(h.jobs, handedJob{h.number, link, partition, y})
	}
	return h.number
}

// answerJobs is hand for the answer to a call. A call whose connection has broken meanwhile has nobody to answer.
func (n *node) answerJobs(to *gateway, link uint64, partition int32, yields []record.Record) (number uint64, ok bool) {
	if n.handed[to.number].broken < link {
		return n.hand(to, link, partition, yields...), true
	}
	for _, y := range yields {
		n.post(partition, y, postTries)
	}
	return 0, false
}

// arrivals are what a gateway knows of the jobs that came over one connection. Each connection has its own: a node that
// is started again counts from the beginning, and a job may get lost with a connection while a later one arrives over
// the next.
type arrivals struct {
	through uint64 // jobs through this number have arrived
	tells   bool   // the node is being told so
}

// over are a connection's.
func (l *link) over(connection uint64) *arrivals {
	a := l.got[connection]
	if a == nil {
		if l.got == nil {
			l.got = map[uint64]*arrivals{}
		}
		a = &arrivals{}
		l.got[connection] = a
	}
	return a
}

// got tells a node, some time later, that everything through a number has arrived over a connection.
func (g *gateway) got(from *node, life, connection, number uint64) {
	l := &g.links[from.number]
	if l.life != life {
		return
	}
	a := l.over(connection)
	a.through = max(a.through, number)
	if a.tells {
		return
	}
	a.tells = true
	g.after(5_000, func() {
		a.tells = false
		if l.life != life {
			return
		}
		through := a.through
		g.w.net.stream(&g.process, &from.process, func() {
			if from.life == life {
				from.arrived(g, connection, through)
			}
		})
	})
}

func (n *node) arrived(g *gateway, connection, through uint64) {
	h := &n.handed[g.number]
	h.jobs = slices.DeleteFunc(h.jobs, func(job handedJob) bool { return job.link == connection && job.number <= through })
}

// doubt decides, after a while, about the jobs that were on their way when a connection broke.
func (n *node) doubt(g *gateway, link uint64) {
	h := &n.handed[g.number]
	h.broken = max(h.broken, link)
	var jobs, kept []handedJob
	for _, job := range h.jobs {
		if job.link <= link {
			jobs = append(jobs, job)
		} else {
			kept = append(kept, job) // of the next connection, which the gateway made before this node noticed
		}
	}
	h.jobs = kept
	if len(jobs) == 0 {
		return
	}
	gatewayLife, to := g.life, &g.links[n.number]
	n.after(comesBack, func() {
		for _, job := range jobs {
			if g.life == gatewayLife && job.number <= to.over(job.link).through && n.w.reaches(&n.process, &g.process) {
				continue // it came back and says that it has it
			}
			n.post(job.partition, job.yield, postTries)
		}
	})
}

// yieldOf makes a job available again that did not reach its worker. It names the lease.
func yieldOf(key int64, job *record.Job) record.Record {
	return record.NewCommand(key, record.JobYield, &record.Job{Type: job.Type, Worker: job.Worker, Deadline: job.Deadline})
}

// yieldsOf are those of an answer that leases jobs; none of other answers.
func yieldsOf(answer *record.Record) (yields []record.Record) {
	batch, ok := answer.Value.(*record.JobBatch)
	if !ok || answer.IsRejection() {
		return nil
	}
	for i, key := range batch.JobKeys {
		if i < len(batch.Jobs) {
			yields = append(yields, yieldOf(key, &batch.Jobs[i]))
		}
	}
	return yields
}

// undelivered gives the next leader the jobs that were leased by a decision whose leadership was lost.
func (t *owner) undelivered(out *core.Output) {
	var yields []record.Record
	for i := range out.Pushes {
		yields = append(yields, yieldOf(out.Pushes[i].Key, &out.Pushes[i].Job))
	}
	for i := range out.Responses {
		yields = append(yields, yieldsOf(&out.Responses[i].Record)...)
	}
	for _, y := range yields {
		t.r.n.post(t.r.partition, y, postTries)
	}
}

// postTries and postPause bound how long a node looks for the leader that takes a command nobody waits for.
const (
	postTries = 40
	postPause = 150_000
)

// post hands a command to a partition's leader without waiting. It is sent again only when it was surely not accepted.
func (n *node) post(partition int32, command record.Record, tries int) {
	again := func(err error) {
		if err != nil && !errors.Is(err, errUnknownOutcome) && tries > 1 {
			n.after(postPause, func() { n.post(partition, command, tries-1) })
		}
	}
	l := n.leaders[partition-1]
	if l.node < 0 {
		again(errNotLeader)
		return
	}
	target := n.w.nodes[l.node]
	if !target.up {
		again(errNotLeader)
		return
	}
	n.w.net.stream(&n.process, &target.process, func() {
		back := func(err error) { n.w.net.stream(&target.process, &n.process, func() { again(err) }) }
		if r := target.replica(partition); r != nil {
			r.owner.submit(&call{command: command, reply: func(_ record.Record, err error) { back(err) }})
		} else {
			back(errNotLeader)
		}
	})
}

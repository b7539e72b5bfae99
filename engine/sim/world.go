package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// world is one simulated cluster with everything around it. All of it happens in one goroutine, in an order that the
// seed decides.
type world struct {
	now     int64 // true time, microseconds since the beginning
	queue   queue
	random  *rand.Rand
	setup   setup
	plan    plan
	options *Options

	net      *network
	nodes    []*node
	gateways []*gateway
	sinks    []sink
	client   *client
	checks   checks
	faults   injector

	counts  counts
	links   uint64 // connections that were made
	stopped bool
	hash    uint64 // of everything that happened
}

// counts is what a run had.
type counts struct {
	commands int
	events   int
	kinds    []Count
}

// Count is how often something happened.
type Count struct {
	Kind string
	N    int
}

func newWorld(o *Options) *world {
	w := &world{random: rand.New(rand.NewPCG(o.Seed, 0x9e3779b97f4a7c15)), options: o, hash: 14695981039346656037}
	w.setup = draw(o, w.random)
	o.people(w.rows)
	w.net = newNetwork(w, w.setup.nodes+w.setup.gateways)
	w.sinks = make([]sink, w.setup.partitions)
	w.client = newClient(w, o)
	w.checks.begin(w, o.History)
	for i := range w.setup.nodes {
		w.nodes = append(w.nodes, newNode(w, i))
	}
	for i := range w.setup.gateways {
		w.gateways = append(w.gateways, newGateway(w, i))
	}
	w.faults.begin(w, o.Faults)
	return w
}

// form makes the first configuration and starts everything.
func (w *world) form() {
	members := make([][]member, w.setup.partitions)
	for p := range members {
		for _, number := range w.hosts(int32(p + 1)) {
			members[p] = append(members[p], member{w.nodes[number].id(), true})
		}
	}
	for _, n := range w.nodes {
		n.begin(members)
		n.boot()
	}
	for _, g := range w.gateways {
		g.boot()
	}
	w.client.begin()
}

// hosts are the nodes that have a replica of a partition, in the order of Zeebe's round robin.
func (w *world) hosts(partition int32) []int {
	list := make([]int, 0, w.setup.factor)
	for i := range w.setup.factor {
		list = append(list, (int(partition)-1+i)%w.setup.nodes)
	}
	return list
}

func (w *world) hosted(partition int32, node int) bool {
	return slices.Contains(w.hosts(partition), node)
}

// rows visits every row of a replica.
func (w *world) rows(node int, partition int32, visit func(key, value []byte)) {
	if r := w.nodes[node].replica(partition); r != nil {
		r.store.visit(visit)
	}
}

// at plans an event.
func (w *world) at(when int64, do func()) { w.queue.push(max(when, w.now), do) }

// pick draws a number from 0 to n-1.
func (w *world) pick(n int) int { return w.random.IntN(n) }

// millis is true time in milliseconds since the Unix epoch.
func (w *world) millis() int64 { return epoch + w.now/1000 }

// run lets time pass until then, or until enough says so.
func (w *world) run(until int64, enough func() bool) {
	for !w.stopped && len(w.queue.heap) > 0 && w.queue.heap[0].at <= until {
		e := w.queue.pop()
		w.now = e.at
		w.counts.events++
		w.mix(uint64(e.at))
		e.do()
		if w.options.Hasty && w.counts.events%256 == 0 && (len(w.checks.violations) > 0 || len(w.checks.heard()) > 0) {
			w.stopped = true
		}
		if enough != nil && enough() {
			return
		}
	}
	if !w.stopped {
		w.now = max(w.now, until)
	}
}

// mix brings something into the hash of the run.
func (w *world) mix(x uint64) { w.hash = (w.hash ^ x) * 1099511628211 }

// count counts something that happened.
func (w *world) count(kind string) {
	for i := range w.counts.kinds {
		if w.counts.kinds[i].Kind == kind {
			w.counts.kinds[i].N++
			return
		}
	}
	w.counts.kinds = append(w.counts.kinds, Count{kind, 1})
}

// log writes a line about what happens.
func (w *world) log(format string, args ...any) {
	if w.options.Log != nil {
		w.options.Log(fmt.Sprintf("%10.3f ", float64(w.now)/1e6) + fmt.Sprintf(format, args...))
	}
}

// violate reports a broken promise.
func (w *world) violate(rule, what string) { w.checks.violate(rule, what) }

// reaches tells whether messages get through both ways.
func (w *world) reaches(a, b *process) bool {
	return !w.net.cut[a.address][b.address] && !w.net.cut[b.address][a.address]
}

// restart starts a node again after a while.
func (w *world) restart(n *node) {
	life := n.life
	w.at(w.now+100_000+int64(w.pick(5_000_000)), func() {
		if n.life == life {
			w.log("node %d starts", n.number)
			n.boot()
		}
	})
}

package sim

import (
	"fmt"
	"math/rand/v2"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/sim/check"
	"github.com/payhub/payhub/engine/sim/workload"
)

// client stands between the world and the workload, whose World it is.
type client struct {
	w       *world
	load    workload.Client
	random  *rand.Rand
	lastID  uint64
	sources []*source // by worker
}

func newClient(w *world, o *Options) *client {
	return &client{w: w, load: o.Client, random: rand.New(rand.NewPCG(o.Seed, 0xc2b2ae3d27d4eb4f))}
}

func (c *client) begin() {
	c.load.Start(c)
	c.tick()
}

func (c *client) tick() {
	c.w.at(c.w.now+100_000, func() {
		c.load.Tick(c.w.millis())
		c.tick()
	})
}

// Now implements workload.World.
func (c *client) Now() int64 { return c.w.millis() }

// Rand implements workload.World.
func (c *client) Rand() *rand.Rand { return c.random }

// After implements workload.World.
func (c *client) After(delay int64, do func()) { c.w.at(c.w.now+delay*1000, do) }

// Partitions implements workload.World.
func (c *client) Partitions() int32 { return int32(c.w.setup.partitions) }

// Gateways implements workload.World.
func (c *client) Gateways() int { return c.w.setup.gateways }

// PartitionForCorrelationKey implements workload.World.
func (c *client) PartitionForCorrelationKey(key string) int32 {
	return record.PartitionForCorrelationKey(key, c.Partitions())
}

// NextCreatePartition implements workload.World.
func (c *client) NextCreatePartition(gateway int) int32 {
	g := c.w.gateways[gateway]
	g.next = (g.next + 1) % c.w.setup.partitions
	return int32(g.next + 1)
}

// Submit implements workload.World.
func (c *client) Submit(gateway int, partition int32, command record.Record) uint64 {
	q := c.begun(gateway, partition)
	q.command = command
	c.w.checks.invoked(q.id, gateway, partition, &q.command)
	return q.id
}

// Lookup implements workload.World.
func (c *client) Lookup(gateway int, partition int32, request check.LookupRequest) uint64 {
	q := c.begun(gateway, partition)
	q.lookup = &request
	return q.id
}

// begun takes a call to its gateway.
func (c *client) begun(gateway int, partition int32) *request {
	if partition < 1 || partition > c.Partitions() {
		panic(fmt.Sprintf("sim: there is no partition %d", partition))
	}
	c.lastID++
	q := &request{id: c.lastID, partition: partition, node: -1, started: c.w.millis()}
	g := c.w.gateways[gateway]
	c.w.at(c.w.now+c.w.net.delay()/4, func() {
		switch {
		case q.done:
		case !g.up:
			c.finish(q, record.Record{}, check.Found{}, check.ErrUnavailable)
		default:
			g.calls = append(g.calls, q) // also while it is frozen: its connection breaks with it
			g.run(func() { g.take(q) })
		}
	})
	return q
}

// finish tells the workload how a call ended.
func (c *client) finish(q *request, answer record.Record, found check.Found, err error) {
	q.done = true
	if q.lookup != nil {
		if err == nil {
			c.w.checks.lookedUp(q, found)
		}
		c.load.Found(q.id, found, err)
		return
	}
	c.w.checks.answered(q.id, &answer, err)
	c.load.Answer(q.id, answer, err)
}

// Work implements workload.World.
func (c *client) Work(worker, gateway int, jobType string, lease int64, capacity int) {
	for len(c.sources) <= worker {
		c.sources = append(c.sources, nil)
	}
	s := &source{worker: worker, name: fmt.Sprintf("worker-%d", worker), jobType: jobType, lease: lease, capacity: capacity}
	c.sources[worker] = s
	c.w.gateways[gateway].open(s)
}

// Done implements workload.World.
func (c *client) Done(worker int, key int64) {
	if s := c.sources[worker]; s != nil {
		s.done(key)
	}
}

// pushed hands a job to a worker.
func (c *client) pushed(worker int, partition int32, key int64, job *record.Job) {
	c.w.checks.pushed(worker, partition, key, job)
	c.load.Job(worker, key, job)
}

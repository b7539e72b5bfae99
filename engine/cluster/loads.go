package cluster

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/payhub/payhub/engine/record"
)

// tellLoads is how often the answers to a peer carry the queue lengths of this node's partitions.
const tellLoads = 5 * time.Millisecond

// loads are the queue lengths of partitions that other nodes lead, as their answers last said. The
// zero loads are ready.
type loads struct {
	known sync.Map // int32 → *atomic.Int64
}

func (l *loads) at(id int32) *atomic.Int64 {
	if v, ok := l.known.Load(id); ok {
		return v.(*atomic.Int64)
	}
	v, _ := l.known.LoadOrStore(id, new(atomic.Int64))
	return v.(*atomic.Int64)
}

// append adds the queue lengths of the partitions led here to a frame.
func (l *loads) append(frame []byte, locals map[int32]Local) []byte {
	type load struct{ id, queued int64 }
	var all []load
	for id, local := range locals {
		if stats := local.Stats(); stats.Leads {
			all = append(all, load{int64(id), int64(stats.Queued)})
		}
	}
	return appendItem(frame, itemLoads, 0, func(c *record.Codec) {
		record.List(c, &all, func(one *load, c *record.Codec) {
			c.Int(&one.id)
			c.Int(&one.queued)
		})
	})
}

// read takes the queue lengths that a peer tells.
func (l *loads) read(c *record.Codec) {
	type load struct{ id, queued int64 }
	var all []load
	record.List(c, &all, func(one *load, c *record.Codec) {
		c.Int(&one.id)
		c.Int(&one.queued)
	})
	for _, one := range all {
		l.at(int32(one.id)).Store(one.queued)
	}
}

// NextCreatePartition chooses where a new instance goes: of two partitions drawn at random among
// those that have a leader, the one with the shorter queue. While none is known to have a leader it
// is any.
func (r *Router) NextCreatePartition() int32 {
	v := r.view.Load()
	if len(v.ids) == 1 {
		return v.ids[0]
	}
	a, b := r.draw(v), r.draw(v)
	if a != b && r.queued(v, b) < r.queued(v, a) {
		return b
	}
	return a
}

// draw is a partition at random, one with a leader if a few tries find one.
func (r *Router) draw(v *view) int32 {
	n := len(v.ids)
	first := rand.IntN(n)
	for i := range n {
		if id := v.ids[(first+i)%n]; r.led(v, id) {
			return id
		}
	}
	return v.ids[first]
}

// led tells whether a partition has a leader that can be reached, as far as is known.
func (r *Router) led(v *view, id int32) bool {
	if local := v.locals[id]; local != nil && local.Leads() {
		return true
	}
	leader := r.table.leader(id).server
	return leader != "" && leader != r.config.ServerID && r.roster.reachable(leader)
}

// queued is how many commands wait at a partition, as far as is known.
func (r *Router) queued(v *view, id int32) int64 {
	if local := v.locals[id]; local != nil && local.Leads() {
		return int64(local.Stats().Queued)
	}
	return r.loads.at(id).Load()
}

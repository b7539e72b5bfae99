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

// loads are what partitions have to do: those that other nodes lead, as their answers last said, and
// those of this node. The zero loads are ready.
type loads struct {
	known sync.Map // int32 → *load
	near  atomic.Pointer[nearby]
}

// load is one partition's.
type load struct {
	queued atomic.Int64
	rate   atomic.Int64 // commands decided in a second
	heard  atomic.Int64 // when that was told, or measured here: ns since the epoch

	mu       sync.Mutex
	commands uint64 // when it was measured
}

// nearby are the partitions led by this node that have no more than their share to do.
type nearby struct {
	until int64 // ns since the epoch
	ids   []int32
}

const (
	// rateWindow is the time over which a partition's rate is measured, staleRate how long what was told
	// of others' counts.
	rateWindow, staleRate = int64(200 * time.Millisecond), int64(time.Second)
	// nearbyFor is how long nearby are kept.
	nearbyFor = int64(5 * time.Millisecond)
	// busyRate is the average of all partitions, in commands a second, below which sparing a hop counts
	// for less than an even spread.
	busyRate = 50
	// ahead is by how many commands the queue of a partition of this node may be longer than another's.
	ahead = 8
)

func (l *loads) at(id int32) *load {
	if v, ok := l.known.Load(id); ok {
		return v.(*load)
	}
	v, _ := l.known.LoadOrStore(id, new(load))
	return v.(*load)
}

// measure gives a local partition's rate, measured again when a window is over.
func (l *load) measure(commands uint64, now int64) int64 {
	if now-l.heard.Load() >= rateWindow && l.mu.TryLock() {
		if since := now - l.heard.Load(); since >= rateWindow {
			l.rate.Store(int64(float64(commands-min(l.commands, commands)) / float64(since) * 1e9))
			l.commands = commands
			l.heard.Store(now)
		}
		l.mu.Unlock()
	}
	return l.rate.Load()
}

// told is a partition's load on the wire.
type told struct{ id, queued, rate int64 }

func (t *told) fields(c *record.Codec) {
	c.Int(&t.id)
	c.Int(&t.queued)
	c.Int(&t.rate)
}

// append adds the loads of the partitions led here to a frame.
func (l *loads) append(frame []byte, locals map[int32]Local) []byte {
	now := time.Now().UnixNano()
	var all []told
	for id, local := range locals {
		if stats := local.Stats(); stats.Leads {
			all = append(all, told{int64(id), int64(stats.Queued), l.at(id).measure(stats.Commands, now)})
		}
	}
	return appendItem(frame, itemLoads, 0, func(c *record.Codec) { record.List(c, &all, (*told).fields) })
}

// read takes the loads that a peer tells.
func (l *loads) read(c *record.Codec) {
	var all []told
	record.List(c, &all, (*told).fields)
	now := time.Now().UnixNano()
	for _, one := range all {
		at := l.at(int32(one.id))
		at.queued.Store(one.queued)
		at.rate.Store(one.rate)
		at.heard.Store(now)
	}
}

// NextCreatePartition chooses where a new instance goes: to a partition that this node leads, which
// spares a hop, while that has no more to do than its share of what all have to do; else, of two
// partitions drawn at random among those that have a leader, the one with the shorter queue. So
// clients that are spread over the nodes are served where they are, and those that all talk to one
// node still use all partitions. While none is known to have a leader it is any.
func (r *Router) NextCreatePartition() int32 {
	v := r.view.Load()
	if len(v.ids) == 1 {
		return v.ids[0]
	}
	a, b := r.draw(v), r.draw(v)
	if own := r.nearby(v, time.Now().UnixNano()); len(own) > 0 {
		id := own[rand.IntN(len(own))]
		if local := v.locals[id]; local != nil && local.Leads() && r.queued(v, id) <= r.queued(v, b)+ahead {
			return id
		}
	}
	if a != b && r.queued(v, b) < r.queued(v, a) {
		return b
	}
	return a
}

// nearby are the partitions led here that take new instances before others do.
func (r *Router) nearby(v *view, now int64) []int32 {
	if n := r.loads.near.Load(); n != nil && now < n.until {
		return n.ids
	}
	n := &nearby{until: now + nearbyFor, ids: r.share(v, now)}
	r.loads.near.Store(n)
	return n.ids
}

// share lists the partitions led here whose rate is at most a fifth above the average of all; none while
// little happens, or another partition's rate is not known.
func (r *Router) share(v *view, now int64) []int32 {
	type own struct {
		id   int32
		rate int64
	}
	var here []own
	sum := int64(0)
	for _, id := range v.ids {
		l := r.loads.at(id)
		if local := v.locals[id]; local != nil && local.Leads() {
			here = append(here, own{id, l.measure(local.Stats().Commands, now)})
		} else if now-l.heard.Load() > staleRate {
			return nil
		}
		sum += l.rate.Load()
	}
	all := int64(len(v.ids))
	if sum < busyRate*all {
		return nil
	}
	var ids []int32
	for _, o := range here {
		if o.rate*all*5 <= sum*6 {
			ids = append(ids, o.id)
		}
	}
	return ids
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
	return r.loads.at(id).queued.Load()
}

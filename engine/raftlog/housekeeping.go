package raftlog

import (
	"math"
	"slices"
	"time"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// houseInterval is how often a node looks at what its partitions keep of the log.
const houseInterval = time.Second

func (n *Node) attach(r *Replica) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.replicas = append(n.replicas, r)
}

func (n *Node) detach(r *Replica) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.replicas = slices.DeleteFunc(n.replicas, func(other *Replica) bool { return other == r })
}

// open are the replicas that are open now.
func (n *Node) open() []*Replica {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.replicas)
}

// housekeep lets go of what is no longer needed, for all partitions at once: a thousand idle ones
// cost no timer each.
func (n *Node) housekeep() {
	defer close(n.done)
	tick := time.NewTicker(houseInterval)
	defer tick.Stop()
	for {
		select {
		case <-n.quit:
			return
		case <-tick.C:
		}
		if n.Err() != nil {
			continue
		}
		n.tidyUp()
	}
}

// tidyUp is one round of housekeeping. Errors of the disk are latched.
func (n *Node) tidyUp() {
	replicas := n.open()
	for _, r := range replicas {
		r.followExporters()
		r.considerShortening()
	}
	pinned, _ := n.log.carryForward()
	for _, r := range replicas {
		if slices.Contains(pinned, r.config.Partition) && r.view.heldByRaft() {
			r.askToShorten()
		}
	}
}

// heldByRaft tells whether raft, rather than exporters, needs the oldest entries.
func (v *PartitionLog) heldByRaft() bool {
	v.log.mu.Lock()
	defer v.log.mu.Unlock()
	return v.hidden < v.keep
}

// SetExporters says which exporters there are; see ReplicaConfig.Exporters.
func (r *Replica) SetExporters(ids []string) {
	ids = append([]string{}, ids...)
	r.exporters.Store(&ids)
	r.followExporters()
}

// followExporters lets go of entries that all exporters have acknowledged, as the replicated state
// says: followers keep the log as the leader does.
func (r *Replica) followExporters() {
	ids := r.exporters.Load()
	if ids == nil {
		return
	}
	_ = r.view.Keep(r.exported(*ids)) // an error of the disk is latched
}

// exported is the index through which all exporters have what they need. An exporter that has
// acknowledged nothing needs everything.
func (r *Replica) exported(ids []string) uint64 {
	if len(ids) == 0 {
		return math.MaxUint64
	}
	lock := r.store.RLocker()
	lock.Lock()
	defer lock.Unlock()
	acknowledged := map[string]uint64{}
	state.NewView(r.store, state.NewDefinitions()).Exporters(func(e *record.Exporter) bool {
		acknowledged[e.ExporterID] = e.Index
		return true
	})
	limit := uint64(math.MaxUint64)
	for _, id := range ids {
		limit = min(limit, acknowledged[id])
	}
	return limit
}

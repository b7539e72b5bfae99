package node

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/raftlog"
)

const manageDisk = "node.disk"

// diskInterval is how often leaders compare disks, diskCall how long one is waited for.
const (
	diskInterval = time.Second
	diskCall     = 500 * time.Millisecond
)

// diskReport says how a node's disk is.
type diskReport struct {
	// Latency is how long a write to the log takes, as Log.SyncLatency says, in nanoseconds.
	Latency time.Duration `json:"latency"`
	// Full: less space than the watermark is left, so that a leader there refuses new work.
	Full bool `json:"full,omitempty"`
}

// diskReports are those of nodes by server id, this one's included; nodes that did not answer have none.
type diskReports map[raft.ServerID]diskReport

// bad tells whether a disk is full, or far slower than the others; a node that does not answer in time is no
// better.
func (d diskReports) bad(id raft.ServerID) bool {
	own, known := d[id]
	return !known || own.Full || raftlog.SlowDisk(own.Latency, d.others(id))
}

// others are the latencies of all disks but one.
func (d diskReports) others(but raft.ServerID) (latencies []time.Duration) {
	for id, r := range d {
		if id != but {
			latencies = append(latencies, r.Latency)
		}
	}
	return latencies
}

// disk is how the disk of this node is.
func (n *Node) disk() diskReport {
	return diskReport{Latency: n.log.Log().SyncLatency(), Full: n.log.Full(time.Now()) != nil}
}

func (n *Node) answerDisk(context.Context, string, []byte) ([]byte, error) {
	return json.Marshal(n.disk())
}

// watchDisk hands the partitions that this node leads to others while its disk is full or far slower than
// theirs: whoever leads must write before anything is committed, a follower need not be among the first.
func (n *Node) watchDisk() {
	defer n.tasks.Done()
	tick := time.NewTicker(diskInterval)
	defer tick.Stop()
	own, watch := n.log.ServerID(), raftlog.DiskWatch{}
	for {
		select {
		case <-n.ctx.Done():
			return
		case now := <-tick.C:
			disks := n.askDisks()
			slow := watch.Slow(disks[own].Latency, disks.others(own), now)
			if slow || disks[own].Full {
				n.evade(disks)
			}
		}
	}
}

// askDisks asks the other members of this node's partitions for reports, and keeps them with the partitions: of
// all, so that whoever becomes a leader knows already whom it must not hand the partition to.
func (n *Node) askDisks() diskReports {
	disks := diskReports{n.log.ServerID(): n.disk()}
	asked := map[raft.ServerID]bool{n.log.ServerID(): true}
	var mu sync.Mutex
	var all sync.WaitGroup
	ctx, cancel := context.WithTimeout(n.ctx, diskCall)
	defer cancel()
	for _, h := range n.Hosted() {
		for _, s := range h.Replica.Members().Servers {
			if asked[s.ID] {
				continue
			}
			asked[s.ID] = true
			all.Go(func() {
				var r diskReport
				answer, err := n.ask(ctx, string(s.ID), manageDisk, nil)
				if err != nil || json.Unmarshal(answer, &r) != nil {
					return // whoever does not answer cannot be compared with, and inherits nothing now
				}
				mu.Lock()
				defer mu.Unlock()
				disks[s.ID] = r
			})
		}
	}
	all.Wait()
	for _, h := range n.Hosted() {
		h.disks.Store(&disks)
	}
	return disks
}

// evade hands every partition that is led here to the member with the best disk of those that could lead.
func (n *Node) evade(disks diskReports) {
	own := n.log.ServerID()
	for _, h := range n.Hosted() {
		if !h.Partition.Leads() {
			continue
		}
		var heir raft.ServerID
		for _, s := range h.Replica.Members().Servers {
			if s.ID == own || s.Suffrage != raft.Voter || disks.bad(s.ID) {
				continue
			}
			if caughtUp, _ := h.Replica.CaughtUp(s.ID); caughtUp && (heir == "" || disks[s.ID].Latency < disks[heir].Latency) {
				heir = s.ID
			}
		}
		log := n.config.Logger.With("partition", h.ID, "latency", disks[own].Latency, "full", disks[own].Full)
		if heir == "" {
			log.Warn("this node's disk is slow or full, and nobody with a better one can lead")
			continue
		}
		if err := h.Replica.TransferTo(heir); err != nil {
			log.Warn("leadership could not be handed over", "to", heir, "error", err)
			continue
		}
		log.Warn("leadership handed over, because this node's disk is slow or full", "to", heir)
	}
}

package node

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/payhub/payhub/engine/raftlog"
)

const (
	manageHash    = "partition.hash"
	manageDiffers = "partition.differs"
)

const (
	// compareInterval is how often a leader compares the chain hash of its log with those of the members.
	compareInterval = time.Minute
	// scanEvery is after how many comparisons all replicas read every row of their state.
	scanEvery = 60
)

// hashRequest asks for the hashes of a partition's replica: of the log up to an entry, and of the rows
// at the last scan.
type hashRequest struct {
	Partition int32  `json:"partition"`
	Index     uint64 `json:"index"`
}

// hashes are what replicas must agree on.
type hashes struct {
	Log   [32]byte          `json:"log"`
	Known bool              `json:"known"` // Log is: the entry is applied and still in the log
	State *raftlog.StateSum `json:"state,omitempty"`
}

// hashes answers a leader that compares.
func (n *Node) hashes(_ context.Context, _ string, body []byte) ([]byte, error) {
	var r hashRequest
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, err
	}
	h := n.partition(r.Partition)
	if h == nil {
		return nil, fmt.Errorf("this node does not hold partition %d", r.Partition)
	}
	return json.Marshal(h.hashesAt(r.Index))
}

func (h *Hosted) hashesAt(index uint64) hashes {
	var own hashes
	own.Log, own.Known = h.Replica.HashAt(index)
	if sum, ok := h.Replica.StateSum(); ok {
		own.State = &sum
	}
	return own
}

// compare compares the replicas of the partitions that this node leads, as long as the node runs: the
// hash of their logs each time, that of all rows now and then.
func (n *Node) compare() {
	defer n.tasks.Done()
	tick := time.NewTicker(compareInterval)
	defer tick.Stop()
	for round := 1; ; round++ {
		select {
		case <-n.ctx.Done():
			return
		case <-tick.C:
		}
		for _, h := range n.Hosted() {
			if !h.Partition.Leads() {
				continue
			}
			n.compareMembers(h)
			if round%scanEvery == 0 {
				if _, err := h.Replica.Scan(); err != nil {
					h.log.Info("the rows of the partition are not compared this time", "error", err)
				}
			}
		}
	}
}

// compareMembers asks each member of a partition for its hashes. Those that differ from a majority are
// wrong; they learn so and end, because what they answer or send cannot be trusted.
func (n *Node) compareMembers(h *Hosted) {
	index := h.Replica.Store().AppliedIndex()
	self, members := string(n.log.ServerID()), h.Replica.Members().Servers
	found := map[string]hashes{self: h.hashesAt(index)}
	for _, s := range members {
		if server := string(s.ID); server != self {
			if theirs, err := n.askHashes(server, hashRequest{h.ID, index}); err == nil {
				found[server] = theirs
			}
		}
	}
	wrong, differ := minority(found, len(members))
	if differ {
		h.log.Error("replicas of the partition differ", "entry", index, "wrong", wrong)
	}
	for _, server := range wrong {
		body, _ := json.Marshal(hashRequest{h.ID, index}) //nolint:errcheck // two numbers
		ctx, cancel := context.WithTimeout(n.ctx, operationCall)
		if _, err := n.ask(ctx, server, manageDiffers, body); err != nil {
			h.log.Warn("a replica that differs could not be told", "member", server, "error", err)
		}
		cancel()
	}
}

// minority are the servers whose hashes are not those of a majority of all members; none where no
// majority agrees. differ tells whether any two do.
func minority(found map[string]hashes, members int) (wrong []string, differ bool) {
	servers := slices.Sorted(maps.Keys(found))
	for _, one := range servers {
		agree := 0
		var others []string
		for _, other := range servers {
			switch {
			case !found[one].Known || !found[other].Known: // behind: it says nothing
			case found[one].Log != found[other].Log || statesDiffer(found[one].State, found[other].State):
				others = append(others, other)
			default:
				agree++
			}
		}
		differ = differ || len(others) > 0
		if agree > members/2 && len(others) > 0 {
			return others, true
		}
	}
	return nil, differ
}

// statesDiffer tells whether two scans of the same entry found different rows.
func statesDiffer(a, b *raftlog.StateSum) bool {
	return a != nil && b != nil && a.Index == b.Index && *a != *b
}

func (n *Node) askHashes(server string, r hashRequest) (theirs hashes, err error) {
	ctx, cancel := context.WithTimeout(n.ctx, operationCall)
	defer cancel()
	body, err := json.Marshal(r)
	if err != nil {
		return theirs, err
	}
	answer, err := n.ask(ctx, server, manageHash, body)
	if err != nil {
		return theirs, err
	}
	return theirs, json.Unmarshal(answer, &theirs)
}

// differs ends a node whose replica is not what the majority has.
func (n *Node) differs(_ context.Context, from string, body []byte) ([]byte, error) {
	var r hashRequest
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, err
	}
	n.config.Fatal(fmt.Errorf("partition %d at entry %d is not what the majority of its nodes has, as %s found: this node's data is "+
		"damaged (move its data folder away and start it empty: it gets everything from the others)", r.Partition, r.Index, from))
	return nil, nil
}

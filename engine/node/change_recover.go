package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"github.com/payhub/payhub/engine/cluster/link"
	"github.com/payhub/payhub/engine/cluster/placement"
	"github.com/payhub/payhub/engine/raftlog"
)

// The calls of a recovery, to each survivor.
const (
	recoverLook   = "recover.look"
	recoverAdopt  = "recover.adopt"
	recoverStop   = "recover.stop"
	recoverAlone  = "recover.alone"
	recoverForget = "recover.forget"
)

// rescue is what belongs to recoveries.
type rescue struct {
	asked     sync.Mutex     // held by a recovery that was asked for at this node
	arranging sync.Mutex     // held while partitions are opened or closed
	held      map[int32]bool // partitions that stay closed, because a recovery forgets them next
}

const (
	probeTime    = 2 * time.Second
	recoveryCall = 60 * time.Second // a log is applied to its end
)

// look is what a survivor has, and whom of the lost it still reaches.
type look struct {
	Configuration []byte                `json:"configuration"`
	Alive         []string              `json:"alive,omitempty"`
	Replicas      map[int32]replicaLook `json:"replicas"`
}

// replicaLook is where a copy's log ends, and who had a vote as far as it knows.
type replicaLook struct {
	Term   uint64   `json:"term"`
	Index  uint64   `json:"index"`
	Voters []string `json:"voters"`
}

// look answers what this node has and whether it reaches one of the lost nodes.
func (n *Node) look(ctx context.Context, _ string, body []byte) ([]byte, error) {
	var lost []string
	if err := json.Unmarshal(body, &lost); err != nil {
		return nil, err
	}
	l := look{Configuration: n.configuration().Encode(), Replicas: map[int32]replicaLook{}}
	for _, server := range lost {
		if n.reaches(ctx, server) {
			l.Alive = append(l.Alive, server)
		}
	}
	for _, h := range n.Hosted() {
		var r replicaLook
		r.Term, r.Index = h.Replica.LastIndex()
		for _, s := range h.Replica.Members().Servers {
			if s.Suffrage == raft.Voter {
				r.Voters = append(r.Voters, string(s.ID))
			}
		}
		l.Replicas[h.ID] = r
	}
	return json.Marshal(l)
}

// reaches tells whether gossip sees a server, or it answers where it was last.
func (n *Node) reaches(ctx context.Context, server string) bool {
	for _, m := range n.nodes() {
		if m.ServerID() == server {
			return true
		}
	}
	address, err := n.resolve(server)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	peer, err := n.link.Probe(ctx, address)
	var refused *link.RefusedError
	return (err == nil || errors.As(err, &refused)) && (peer.ServerID() == server || peer.Generation == "")
}

// adoptRecovered takes the configuration of a recovery over.
func (n *Node) adoptRecovered(_ context.Context, _ string, body []byte) ([]byte, error) {
	c, err := placement.Decode(body)
	if err != nil {
		return nil, err
	}
	if now := n.configuration(); now.Version > c.Version {
		return nil, fmt.Errorf("it has version %d of the configuration, which is newer than %d", now.Version, c.Version)
	}
	return nil, n.adopt(c)
}

// stopCopy closes this node's copy of a partition and keeps it closed until it is forgotten.
func (n *Node) stopCopy(_ context.Context, _ string, body []byte) ([]byte, error) {
	var id int32
	if err := json.Unmarshal(body, &id); err != nil {
		return nil, err
	}
	n.rescue.arranging.Lock()
	defer n.rescue.arranging.Unlock()
	n.rescue.held[id] = true
	if h := n.partition(id); h != nil {
		return nil, n.closePartition(h)
	}
	return nil, nil
}

// forgetCopy removes this node's copy of a partition, which begins anew as one that waits to be added.
func (n *Node) forgetCopy(_ context.Context, _ string, body []byte) ([]byte, error) {
	var id int32
	if err := json.Unmarshal(body, &id); err != nil {
		return nil, err
	}
	n.rescue.arranging.Lock()
	defer n.rescue.arranging.Unlock()
	if n.partition(id) != nil {
		return nil, fmt.Errorf("the copy of partition %d was not stopped", id)
	}
	if err := n.log.Forget(uint16(id)); err != nil {
		return nil, err
	}
	delete(n.rescue.held, id)
	wake(n.reconfigured)
	return nil, nil
}

// goOnAlone makes this node's copy of a partition the whole memory of it, and waits until it leads.
func (n *Node) goOnAlone(ctx context.Context, _ string, body []byte) ([]byte, error) {
	var id int32
	if err := json.Unmarshal(body, &id); err != nil {
		return nil, err
	}
	n.rescue.arranging.Lock()
	defer n.rescue.arranging.Unlock()
	h := n.partition(id)
	if h == nil {
		return nil, fmt.Errorf("it does not have partition %d", id)
	}
	self := n.log.ServerID()
	if err := h.Replica.RecoverAlone([]raft.Server{{Suffrage: raft.Voter, ID: self, Address: raft.ServerAddress(self)}}); err != nil {
		return nil, err
	}
	for !h.Partition.Leads() {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("partition %d has no leader yet: %w", id, ctx.Err())
		case <-time.After(formationPoll):
		}
	}
	return nil, nil
}

// AbandonedError means that the cluster was recovered without this node's disk.
type AbandonedError struct{ Server string }

// Error says so, and what to do.
func (e *AbandonedError) Error() string {
	return fmt.Sprintf("the cluster was recovered without node %s, whose data it no longer knows (start the node again: its data is set aside, "+
		"it begins anew and waits for payhub cluster scale --add)", e.Server)
}

// abandoned tells whether a configuration gave this node's disk up.
func (n *Node) abandoned(c *placement.Configuration) bool {
	return slices.Contains(c.Abandoned, string(n.log.ServerID()))
}

// openLog opens the node's log. What a recovery has given up is set aside first, and the node begins
// anew: it may hold what was decided and acknowledged and is in no other log.
func (n *Node) openLog() (err error) {
	open := func() (*raftlog.Node, error) {
		return raftlog.OpenNode(filepath.Clean(n.config.Data), raftlog.NodeOptions{
			ID: n.config.ID, MinFree: n.config.MinFree, Fatal: n.config.Fatal, Logger: n.config.RaftLogger,
		})
	}
	if n.log, err = open(); err != nil {
		return err
	}
	if err := n.readCopy(); err != nil {
		return err
	}
	if c := n.configuration(); c == nil || !n.abandoned(c) {
		return nil
	}
	old := string(n.log.ServerID())
	err = n.log.Close()
	if n.log = nil; err != nil {
		return err
	}
	aside := filepath.Join(n.config.Data, "abandoned-"+old)
	if err := setAside(n.config.Data, aside); err != nil {
		return fmt.Errorf("set the data aside that the cluster was recovered without: %w", err)
	}
	n.config.Logger.Warn("the cluster was recovered without this node's data: it is set aside, and the node begins anew", "folder", aside)
	n.log, err = open()
	return err
}

// setAside moves what belongs to a node's generation into a folder; its name goes last, so that a
// crash before that begins again.
func setAside(data, aside string) error {
	if err := os.MkdirAll(aside, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"log", "partitions", "node.json"} {
		from, to := filepath.Join(data, name), filepath.Join(aside, name)
		var err error
		if _, e := os.Stat(to); e == nil {
			err = os.RemoveAll(from) // moved before a crash: what is here is new and empty
		} else if err = os.Rename(from, to); os.IsNotExist(err) {
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

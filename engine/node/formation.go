package node

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/payhub/payhub/engine/cluster/gossip"
	"github.com/payhub/payhub/engine/cluster/placement"
)

const (
	formationPoll  = 100 * time.Millisecond
	formationSay   = 10 * time.Second
	formationFirst = 2 * time.Second // until it is said for the first time
	formationCall  = 2 * time.Second
	admissionRetry = 2 * time.Second
)

// settings are what all nodes must agree on before they form a cluster.
type settings struct {
	Size       int `json:"clusterSize"`
	Partitions int `json:"partitions"`
	Factor     int `json:"replicationFactor"`
	// Restored names the backup that the cluster begins with, "": with none.
	Restored string `json:"restored,omitempty"`
}

func (s settings) String() string {
	text := fmt.Sprintf("engine.clusterSize %d, engine.partitions %d, engine.replicationFactor %d", s.Size, s.Partitions, s.Factor)
	if s.Restored != "" {
		text += ", restored from " + s.Restored
	}
	return text
}

// standing is what a node says of itself before a formation.
type standing struct {
	Settings      settings `json:"settings"`
	Configuration []byte   `json:"configuration,omitempty"` // that it has already
}

// standing answers a node that wants to form the cluster.
func (n *Node) standing(context.Context, string, []byte) ([]byte, error) {
	own := standing{Settings: n.settings()}
	if c := n.configuration(); c != nil {
		own.Configuration = c.Encode()
	}
	return json.Marshal(own)
}

func (n *Node) settings() settings {
	return settings{n.config.Cluster.Size, n.config.Cluster.Partitions, n.config.Cluster.Factor, n.restoredFrom()}
}

// self is this node as a member.
func (n *Node) self() placement.Member {
	return placement.Member{Node: n.config.ID, Generation: n.generation(), Zone: n.config.Zone}
}

// form waits until the node belongs to a cluster. A cluster is formed once: by the node with the
// lowest number, when all nodes see each other, agree and are empty. A node that lost its disk finds
// the cluster formed and asks to be taken in again.
func (n *Node) form(ctx context.Context) error {
	if n.config.single() {
		return n.formAlone()
	}
	say := time.NewTicker(formationFirst)
	defer say.Stop()
	poll := time.NewTicker(formationPoll)
	defer poll.Stop()
	asked, waits := time.Time{}, "" // waits: for what
	for {
		switch c := n.configuration(); {
		case c == nil:
			waits = n.tryToForm(ctx)
		case n.belongs(c):
			return nil
		case time.Since(asked) >= admissionRetry:
			asked = time.Now()
			waits = n.askForAdmission(ctx, c)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-n.ctx.Done():
			return n.ctx.Err()
		case <-say.C:
			if waits != "" {
				n.config.Logger.Warn("this node waits to belong to the cluster", "for", waits)
			}
			say.Reset(formationSay)
		case <-poll.C:
		}
	}
}

// formAlone makes the cluster of one node that no other can join.
func (n *Node) formAlone() error {
	if n.configuration() != nil {
		return nil
	}
	c, err := placement.Form(n.config.Cluster.ID, []placement.Member{n.self()}, n.config.Cluster.Partitions, n.config.Cluster.Factor)
	if err != nil {
		return err
	}
	return n.adopt(n.formedFrom(c))
}

// belongs tells whether the configuration has this node with its disk.
func (n *Node) belongs(c *placement.Configuration) bool {
	m, ok := c.Member(n.config.ID)
	return ok && m.Generation == n.generation()
}

// tryToForm forms the cluster if it is this node's turn and all are there; else it says what is missing.
func (n *Node) tryToForm(ctx context.Context) string {
	members := n.nodes()
	var missing []string
	for id := range int32(n.config.Cluster.Size) {
		if !slices.ContainsFunc(members, func(m gossip.Member) bool { return m.Node == id }) {
			missing = append(missing, fmt.Sprint(id))
		}
	}
	if len(missing) > 0 {
		return fmt.Sprintf("nodes %s, which were not seen yet (start them, or correct engine.initialContactPoints)", strings.Join(missing, ", "))
	}
	if members[0].Node != n.config.ID {
		return fmt.Sprintf("node %d to form the cluster", members[0].Node)
	}
	founders := []placement.Member{n.self()}
	for _, m := range members[1:] {
		if m.Node >= int32(n.config.Cluster.Size) {
			continue
		}
		theirs, err := n.askStanding(ctx, m)
		switch {
		case err != nil:
			return fmt.Sprintf("node %d: %v", m.Node, err)
		case theirs.Configuration != nil:
			n.heard(1<<63, theirs.Configuration)
			return "the configuration that other nodes have"
		case theirs.Settings != n.settings():
			return fmt.Sprintf("node %d, whose settings differ: it has %s, this node has %s (make them equal)", m.Node, theirs.Settings, n.settings())
		}
		founders = append(founders, placement.Member{Node: m.Node, Generation: m.Generation, Zone: m.Zone})
	}
	c, err := placement.Form(n.config.Cluster.ID, founders, n.config.Cluster.Partitions, n.config.Cluster.Factor)
	if err == nil {
		err = n.adopt(n.formedFrom(c))
	}
	if err != nil {
		return err.Error()
	}
	n.config.Logger.Info("the cluster is formed", "nodes", len(founders), "partitions", n.config.Cluster.Partitions, "replicationFactor", n.config.Cluster.Factor)
	return ""
}

func (n *Node) askStanding(ctx context.Context, m gossip.Member) (theirs standing, err error) {
	ctx, cancel := context.WithTimeout(ctx, formationCall)
	defer cancel()
	answer, err := n.ask(ctx, m.ServerID(), manageStanding, nil)
	if err != nil {
		return theirs, err
	}
	return theirs, json.Unmarshal(answer, &theirs)
}

// askForAdmission asks the coordinator to take this node's new disk in, if the cluster has the node.
func (n *Node) askForAdmission(ctx context.Context, c *placement.Configuration) string {
	if _, ok := c.Member(n.config.ID); !ok {
		return fmt.Sprintf("an operator to add node %d to the cluster (payhub cluster scale --add %d)", n.config.ID, n.config.ID)
	}
	ctx, cancel := context.WithTimeout(ctx, formationCall)
	defer cancel()
	body, err := json.Marshal(renewal{Node: n.config.ID, Generation: n.generation()})
	if err == nil {
		_, err = n.askCoordinator(ctx, manageRenew, body)
	}
	if err != nil {
		return fmt.Sprintf("the cluster to take in the new disk of node %d: %v", n.config.ID, err)
	}
	return fmt.Sprintf("the cluster to take in the new disk of node %d", n.config.ID)
}

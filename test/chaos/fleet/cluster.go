// Package fleet runs the nodes of a payhub cluster as processes of this machine, for tests that harm them: start, kill, freeze,
// ask to end, start again on the same addresses, take the disk away. Every process is ended by its own id, and none outlives the
// one that started it.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Plan says what a cluster looks like.
type Plan struct {
	// Binary is the payhub program.
	Binary string
	// Folder holds a folder per node, with its data, log and addresses; it must exist.
	Folder string
	// Nodes, Partitions and Factor are the cluster's size, its partitions and its replication factor.
	Nodes, Partitions, Factor int
	// Settings are settings of every node beside those above, by key, as they would be written in a flag.
	Settings map[string]string
	// Env is added to the environment of every node.
	Env []string
	// Wrap is a command that runs every node, with the node's command line behind it; it must become the node's process.
	Wrap []string
	// Network is where nodes live; nil is one loopback for all.
	Network Network
}

// Network places nodes.
type Network interface {
	// Host is the IP address that a node listens on.
	Host(node int) string
	// Enter gives the command line that runs a command where the node lives.
	Enter(node int, command []string) []string
	// Advertise gives the address that other nodes are told in place of the one that is bound, for node to node traffic; "" is
	// the bound one.
	Advertise(node int, bound string) (string, error)
	// Started is told the process of a node whenever one is started.
	Started(node, pid int)
}

// Cluster is a set of nodes. Its methods may be called by several goroutines, those of one node by one at a time.
type Cluster struct {
	Plan
	// Nodes are all nodes, by their id.
	Nodes []*Node
}

// New lays a cluster out: folders and addresses, which stay the same over restarts. Nothing is started.
func New(p Plan) (*Cluster, error) {
	if p.Network == nil {
		p.Network = loopback{}
	}
	c := &Cluster{Plan: p}
	for id := range p.Nodes {
		n := &Node{ID: id, Folder: filepath.Join(p.Folder, fmt.Sprintf("node-%d", id)), cluster: c}
		if err := os.MkdirAll(n.Folder, 0o755); err != nil {
			return nil, err
		}
		if err := n.addresses(p.Network.Host(id)); err != nil {
			return nil, err
		}
		c.Nodes = append(c.Nodes, n)
	}
	for _, n := range c.Nodes {
		var err error
		if n.Advertised, err = p.Network.Advertise(n.ID, n.NodeToNode); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Start starts every node and waits until all serve.
func (c *Cluster) Start(ctx context.Context) error { return c.StartThese(ctx, c.Nodes...) }

// StartThese starts nodes at once and waits until all of them serve.
func (c *Cluster) StartThese(ctx context.Context, nodes ...*Node) error {
	var errs []error
	for _, n := range nodes {
		errs = append(errs, n.Launch())
	}
	for _, n := range nodes {
		errs = append(errs, n.Ready(ctx))
	}
	return errors.Join(errs...)
}

// Close kills what still runs, frozen processes too.
func (c *Cluster) Close() {
	for _, n := range c.Nodes {
		if n.Running() {
			_ = n.Kill() // it is gone either way
		}
	}
}

// Running lists the nodes whose process runs, the frozen ones too.
func (c *Cluster) Running() (running []*Node) {
	for _, n := range c.Nodes {
		if n.Running() {
			running = append(running, n)
		}
	}
	return running
}

// Panics looks through the logs of all nodes for what must never be there, and gives the places.
func (c *Cluster) Panics() (found []string) {
	for _, n := range c.Nodes {
		log := n.Log()
		for _, bad := range []string{"panic", "fatal error:", "DATA RACE"} {
			if at := strings.Index(log, bad); at >= 0 {
				found = append(found, fmt.Sprintf("the log of node %d has %q:\n%s", n.ID, bad, log[max(0, at-300):min(len(log), at+2000)]))
			}
		}
	}
	return found
}

// contactPoints are the gossip addresses of all nodes, as YAML.
func (c *Cluster) contactPoints() string {
	points := make([]string, len(c.Nodes))
	for i, n := range c.Nodes {
		points[i] = n.Gossip
	}
	return "[" + strings.Join(points, ", ") + "]"
}

// readyWithin is how long a start may take, on a machine that builds and tests beside it.
const readyWithin = 60 * time.Second

// loopback is the network of a cluster without one: all nodes on 127.0.0.1.
type loopback struct{}

// Host implements Network.
func (loopback) Host(int) string { return "127.0.0.1" }

// Enter implements Network.
func (loopback) Enter(_ int, command []string) []string { return command }

// Advertise implements Network.
func (loopback) Advertise(int, string) (string, error) { return "", nil }

// Started implements Network.
func (loopback) Started(int, int) {}

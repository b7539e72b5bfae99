package placement

import (
	"fmt"
	"slices"
)

// Wish is what someone wants of the cluster; Plan finds the way.
type Wish interface {
	// wanted changes the goal to what the wish says; now is the configuration before it.
	wanted(now *Configuration, g *goal) error
}

// Plan gives the configuration with a change that fulfils the wish, its version one higher (Abandon
// begins a new Lineage). It is
// refused with a text that says what is wrong, and with ErrChangeRunning while another change is
// under way (Abandon alone ends that one). A wish that is fulfilled already gives back now itself,
// which has no change.
//
// Every operation leaves a configuration that works: one replica joins before another leaves, except
// that a lost disk's leaves first, since it cannot vote any more; one voter changes at a time, so that
// the voters before and after always have a majority in common; priorities change before the leader
// leaves. at is the time in Unix milliseconds.
func Plan(now *Configuration, want Wish, at int64) (*Configuration, error) {
	if _, force := want.(Abandon); now.Change != nil && !force {
		return nil, ErrChangeRunning
	}
	g := newGoal(now)
	if err := want.wanted(now, g); err != nil {
		return nil, err
	}
	operations := g.operations(now)
	if len(operations) == 0 && now.Change == nil {
		return now, nil
	}
	next := now.clone()
	next.Version++
	if g.force {
		next.abandon(g)
	}
	if next.Change != nil {
		next.end(true, at)
	}
	if len(operations) > 0 {
		next.Change = &Change{ID: next.Version, Operations: operations, Started: at}
	}
	if err := next.checkChange(); err != nil {
		return nil, fmt.Errorf("no plan was found: %w", err)
	}
	return next, nil
}

// Scale adds and removes nodes and changes the number of partitions and the replication factor, all in
// one change. With nothing set it brings a cluster into balance, and back to its replication factor
// after a change was cancelled. As little as possible moves: no more than a balanced cluster needs.
type Scale struct {
	Add    []Member
	Remove []int32
	// Partitions is how many there shall be; 0: as many as there are. It can only grow.
	Partitions int
	// ReplicationFactor is how many nodes shall have each partition; 0: as many as now.
	ReplicationFactor int
}

func (w Scale) wanted(now *Configuration, g *goal) error {
	if err := g.add(w.Add...); err != nil {
		return err
	}
	if err := g.remove(w.Remove...); err != nil {
		return err
	}
	partitions, factor := len(now.Partitions), now.ReplicationFactor
	if w.ReplicationFactor != 0 {
		factor = w.ReplicationFactor
	}
	if w.Partitions != 0 {
		if w.Partitions < partitions {
			return fmt.Errorf("%d partitions are fewer than the %d there are: partitions can only be added, since keys stay where they are", w.Partitions, partitions)
		}
		partitions = w.Partitions
	}
	if err := sizes(len(g.members), partitions, factor); err != nil {
		return err
	}
	g.factor = factor
	g.bootstrap(partitions)
	g.balance()
	return nil
}

// Replace puts a new node in the place of an old one: the new one gets just the partitions and the
// priorities that the old one has.
type Replace struct {
	Node int32
	By   Member
}

func (w Replace) wanted(now *Configuration, g *goal) error {
	if w.Node == w.By.Node {
		return fmt.Errorf("node %d cannot be replaced by itself: a new disk of it is a renewal", w.Node)
	}
	if err := g.add(w.By); err != nil {
		return err
	}
	if err := g.remove(w.Node); err != nil {
		return err
	}
	for i := range g.partitions {
		g.partitions[i].replace(w.Node, w.By.Node)
	}
	return nil
}

// Move moves one replica of a partition from a node to another.
type Move struct {
	Partition int32
	From, To  int32
}

func (w Move) wanted(now *Configuration, g *goal) error {
	if err := g.known(w.From, w.To); err != nil {
		return err
	}
	p, err := g.partition(w.Partition)
	if err != nil {
		return err
	}
	switch {
	case !p.on(w.From):
		return fmt.Errorf("partition %d cannot be moved from node %d, which does not have it", w.Partition, w.From)
	case p.on(w.To):
		return fmt.Errorf("partition %d cannot be moved to node %d, which has it already", w.Partition, w.To)
	}
	p.replace(w.From, w.To)
	return nil
}

// Join gives a partition one replica more than the others have, with the lowest priority.
type Join struct {
	Partition int32
	Node      int32
}

func (w Join) wanted(now *Configuration, g *goal) error {
	if err := g.known(w.Node); err != nil {
		return err
	}
	p, err := g.partition(w.Partition)
	if err != nil {
		return err
	}
	if p.on(w.Node) {
		return fmt.Errorf("node %d has partition %d already", w.Node, w.Partition)
	}
	p.nodes = append(p.nodes, w.Node)
	return nil
}

// Leave takes a replica away from a partition.
type Leave struct {
	Partition int32
	Node      int32
}

func (w Leave) wanted(now *Configuration, g *goal) error {
	if err := g.known(w.Node); err != nil {
		return err
	}
	p, err := g.partition(w.Partition)
	if err != nil {
		return err
	}
	switch {
	case !p.on(w.Node):
		return fmt.Errorf("node %d does not have partition %d", w.Node, w.Partition)
	case len(p.nodes) == 1:
		return fmt.Errorf("node %d cannot leave partition %d: it has the only replica", w.Node, w.Partition)
	}
	p.nodes = slices.DeleteFunc(p.nodes, func(node int32) bool { return node == w.Node })
	return nil
}

// Renew says that a node has come back with another disk: in each of its partitions the old
// generation leaves the voters, the new one joins and votes when it has caught up.
type Renew struct {
	Node       int32
	Generation string
}

func (w Renew) wanted(now *Configuration, g *goal) error {
	if err := g.known(w.Node); err != nil {
		return err
	}
	if err := acceptable([]Member{{Node: w.Node, Generation: w.Generation}}); err != nil {
		return err
	}
	for _, p := range now.Partitions {
		r, has := p.On(w.Node)
		if !has || r.Generation == w.Generation {
			continue
		}
		switch n := len(p.Replicas); {
		case n == 1:
			return fmt.Errorf("partition %d had its only replica on the lost disk of node %d: restore it from a backup", p.ID, w.Node)
		case n-1 < n/2+1:
			return fmt.Errorf("partition %d has no majority without the lost disk of node %d: recover the cluster without that node, then add it again", p.ID, w.Node)
		}
	}
	g.renew(w.Node, w.Generation)
	return nil
}

// Abandon goes on without the nodes that are lost, and without asking them: for a cluster that has
// lost its majority. Only what the survivors have remains. Two halves that abandon each other are two
// clusters; whoever asks for this makes sure that the lost nodes are down. A change under way is
// cancelled.
type Abandon struct {
	// Zone: all its nodes are lost. "": Nodes says which.
	Zone  string
	Nodes []int32
}

func (w Abandon) wanted(now *Configuration, g *goal) error {
	lost := slices.Clone(w.Nodes)
	if w.Zone != "" {
		for _, m := range now.Members {
			if m.Zone == w.Zone {
				lost = append(lost, m.Node)
			}
		}
		if len(lost) == 0 {
			return fmt.Errorf("no node is in zone %q", w.Zone)
		}
	}
	if len(lost) == 0 {
		return fmt.Errorf("which nodes are lost is not said: name a zone or nodes")
	}
	if err := g.remove(lost...); err != nil {
		return err
	}
	for i := range g.partitions {
		p := &g.partitions[i]
		p.nodes = slices.DeleteFunc(p.nodes, func(node int32) bool { return slices.Contains(lost, node) })
		if len(p.nodes) == 0 {
			return fmt.Errorf("partition %d has replicas on lost nodes only: restore the cluster from a backup", i+1)
		}
	}
	g.factor = min(g.factor, len(g.members))
	g.force = true
	return nil
}

// Lineage is what a recovery raises the version to the next multiple of: whatever the nodes that were
// abandoned decide, should they go on by themselves, stays older than what the survivors decide.
const Lineage = 1_000_000

// abandon begins a new lineage of versions and remembers the members that the goal does not have.
func (c *Configuration) abandon(g *goal) {
	c.Version = (c.Version/Lineage + 1) * Lineage
	for _, m := range c.Members {
		if _, ok := g.member(m.Node); !ok {
			c.Abandoned = append(c.Abandoned, m.ServerID())
		}
	}
}

package sim

// node is a machine of the cluster.
type node struct {
	process
	number     int
	generation int // of its disk
	disk       disk
	replicas   []*replica // by partition; nil where it has none, and while it is down
	handed     []handed   // by gateway
	leaders    []known    // who leads the partitions, as far as it knows
	repairing  bool       // its disk is being replaced: until it votes again no other disk may be lost
}

// known is an announced leader.
type known struct {
	node int // -1: nobody
	term uint64
}

func newNode(w *world, number int) *node {
	n := &node{process: process{w: w, address: number, clock: clock{w: w}}, number: number, generation: 1}
	n.disk = disk{n: n, latency: w.setup.syncTime}
	n.replicas = make([]*replica, w.setup.partitions)
	n.disk.images = make([]*image, w.setup.partitions)
	n.leaders = nobody(w.setup.partitions)
	return n
}

func nobody(partitions int) []known {
	list := make([]known, partitions)
	for i := range list {
		list[i].node = -1
	}
	return list
}

func (n *node) id() serverID { return serverID{n.number, n.generation} }

// replica is the node's replica of a partition, nil if it has none or is down.
func (n *node) replica(partition int32) *replica { return n.replicas[partition-1] }

// begin forms the cluster on an empty disk: the members are on it before anything starts.
func (n *node) begin(members [][]member) {
	for p := range n.disk.images {
		m := n.empty(p)
		if m == nil {
			continue
		}
		first := &entry{index: 1, term: 1, config: &configuration{index: 1, members: members[p]}}
		m.term, m.entries = 1, []*entry{first}
	}
}

// empty makes an empty image of a partition; nil when it does not belong here.
func (n *node) empty(p int) *image {
	if !n.w.hosted(int32(p+1), n.number) {
		return nil
	}
	n.disk.images[p] = &image{vote: none, first: 1, store: newStore(nil)}
	return n.disk.images[p]
}

// boot starts the process. A damaged log is found when it is read: the node does not start, and somebody replaces its
// disk.
func (n *node) boot() {
	if n.up {
		return
	}
	for _, m := range n.disk.images {
		if m != nil && m.damaged {
			n.w.count("damage found")
			n.loseDisk()
			break
		}
	}
	n.process.start()
	n.disk.forget()
	n.disk.failing = false
	n.leaders = nobody(n.w.setup.partitions)
	n.handed = make([]handed, n.w.setup.gateways)
	for p, m := range n.disk.images {
		if m != nil {
			n.replicas[p] = openReplica(n, int32(p+1), m)
		}
	}
	n.look()
	n.tend()
	n.gossip()
}

// look flushes the states from time to time.
func (n *node) look() {
	n.after(n.w.setup.flushInterval/2+int64(n.w.pick(int(n.w.setup.flushInterval))), func() {
		for _, r := range n.replicas {
			if r != nil {
				flushState(r)
			}
		}
		n.look()
	})
}

// tend looks after the members of the partitions that are led here.
func (n *node) tend() {
	n.after(100_000, func() {
		for _, r := range n.replicas {
			if r != nil {
				tendMembers(r)
			}
		}
		n.tend()
	})
}

// gossip tells somebody who leads what, again and again: it repairs what announcements missed.
func (n *node) gossip() {
	n.after(200_000+int64(n.w.pick(400_000)), func() {
		table := append([]known(nil), n.leaders...)
		for range 2 {
			to := n.w.pick(len(n.w.nodes) + len(n.w.gateways))
			if to < len(n.w.nodes) {
				other := n.w.nodes[to]
				n.w.net.send(&n.process, &other.process, func() { teach(table, other.learn) })
			} else {
				g := n.w.gateways[to-len(n.w.nodes)]
				n.w.net.send(&n.process, &g.process, func() { teach(table, g.learn) })
			}
		}
		n.gossip()
	})
}

// teach hands on who leads.
func teach(table []known, learn func(int32, known)) {
	for p, k := range table {
		if k.node >= 0 {
			learn(int32(p+1), k)
		}
	}
}

// announce tells all nodes and gateways at once that this node leads a partition.
func (n *node) announce(partition int32, term uint64) {
	k := known{n.number, term}
	n.learn(partition, k)
	for _, other := range n.w.nodes {
		if other != n {
			n.w.net.send(&n.process, &other.process, func() { other.learn(partition, k) })
		}
	}
	for _, g := range n.w.gateways {
		n.w.net.send(&n.process, &g.process, func() { g.learn(partition, k) })
	}
}

// down ends the process, by a kill or by a loss of power.
func (n *node) down(power bool) {
	if !n.up {
		return
	}
	for _, g := range n.w.gateways {
		life := n.life
		n.w.net.stream(&n.process, &g.process, func() { g.lostLink(n.number, life) })
	}
	n.process.kill()
	if power {
		lost, torn := n.disk.lostPower()
		if lost {
			n.w.count("unsynced writes lost")
		}
		if torn {
			n.w.count("torn write")
		}
	} else {
		n.disk.killed()
	}
	for p, r := range n.replicas {
		if r != nil {
			n.w.checks.down(r)
			r.owner.die()
			n.disk.images[p].store.crash()
		}
		n.replicas[p] = nil
	}
}

// stop is what the process does itself when its disk fails: it ends at once and acknowledges nothing any more.
func (n *node) stop(why string) {
	n.w.log("node %d stops: %s", n.number, why)
	n.down(true)
	n.w.restart(n)
}

// loseDisk empties the disk: from now on the node is somebody else.
func (n *node) loseDisk() {
	if !n.w.plan.naiveIdentity {
		n.generation++
	}
	n.repairing = true
	for p := range n.disk.images {
		n.empty(p)
	}
}

// learn takes an announcement of a leader.
func (n *node) learn(partition int32, k known) {
	if l := &n.leaders[partition-1]; k.term > l.term {
		*l = k
		for _, r := range n.replicas {
			if r != nil {
				r.owner.mail.available(partition)
			}
		}
	}
}

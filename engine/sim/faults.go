package sim

import "slices"

// fault is a kind of thing that goes wrong.
type fault struct {
	kind   string
	weight int
	// inject makes it happen; -2 says that it cannot happen now, otherwise it is the node it happened to, or -1.
	inject func(*world) int
}

// impossible is what inject returns when the fault cannot happen now.
const impossible = -2

// kinds lists every fault; each is in the file of its family.
var kinds = []fault{
	{"kill a node", 6, killNode},
	{"kill a leader", 6, killLeader},
	{"power loss of a node", 6, powerLoss},
	{"kill all nodes", 1, killAll},
	{"power loss of all nodes", 1, powerLossOfAll},
	{"restart", 3, restartNode},
	{"freeze a node", 5, freezeNode},
	{"freeze a leader", 4, freezeLeader},
	{"isolate a node", 4, isolateNode},
	{"isolate a leader", 4, isolateLeader},
	{"one-way cut", 4, cutOneWay},
	{"non-transitive cut", 4, cutPair},
	{"message loss", 4, loseMessages},
	{"messages twice", 4, doubleMessages},
	{"slow network", 4, slowNetwork},
	{"connections of clients reset", 5, resetConnections},
	{"connections between gateway and node reset", 5, resetLink},
	{"kill a gateway", 3, killGateway},
	{"freeze a gateway", 2, freezeGateway},
	{"kill a worker", 5, killWorker},
	{"slow disk", 4, slowDisk},
	{"full disk", 3, fullDisk},
	{"fsync error", 3, failSync},
	{"bit flip", 2, flipBit},
	{"lost disk", 3, loseDisk},
	{"clock jump", 4, jumpClock},
	{"clock drift", 4, driftClock},
	{"sink down", 3, sinkDown},
	{"sink answer lost", 4, sinkAnswerLost},
	{"leadership handed over", 4, handOver},
	{"checkpoint", 2, takeCheckpoint},
}

// FaultKinds lists the names of all faults.
func FaultKinds() []string {
	names := make([]string, 0, len(kinds))
	for i := range kinds {
		names = append(names, kinds[i].kind)
	}
	return names
}

// injector makes faults happen, until it is told to stop.
type injector struct {
	w           *world
	every       int64 // microseconds
	kinds       []fault
	total       int // of the weights
	healed      bool
	checkpoints int64 // number of the newest
	counts      []Count
}

func (i *injector) begin(w *world, f *Faults) {
	i.w, i.every, i.kinds = w, 300_000, kinds
	if f == nil {
		i.mix()
	} else if f.Every > 0 {
		i.every = f.Every * 1000
	}
	if f != nil && len(f.Kinds) > 0 {
		i.kinds = slices.DeleteFunc(slices.Clone(kinds), func(k fault) bool { return !slices.Contains(f.Kinds, k.kind) })
	}
	for _, k := range i.kinds {
		i.total += k.weight
	}
	i.healed = f != nil && f.Never
	w.at(1_000_000, i.next)
}

// mix makes worlds differ in what goes wrong: some have everything, others have few kinds, each of them often, because
// many defects need the same fault again and again, and others hide behind faults that end everything.
func (i *injector) mix() {
	if i.w.pick(3) == 0 {
		return
	}
	i.every = []int64{150_000, 300_000, 600_000}[i.w.pick(3)]
	for {
		some := slices.DeleteFunc(slices.Clone(kinds), func(fault) bool { return i.w.pick(3) > 0 })
		if len(some) >= 4 {
			i.kinds = some
			return
		}
	}
}

// next injects a fault and plans the one after it.
func (i *injector) next() {
	if i.healed {
		return
	}
	for range 10 {
		k := i.draw()
		node := k.inject(i.w)
		if node == impossible {
			continue
		}
		i.w.log("fault: %s (%d)", k.kind, node)
		i.w.checks.fault(k.kind, node)
		i.note(k.kind)
		break
	}
	i.w.at(i.w.now+i.every/4+int64(i.w.pick(int(3*i.every/2)+1)), i.next)
}

func (i *injector) draw() fault {
	at := i.w.pick(i.total)
	for _, k := range i.kinds {
		if at -= k.weight; at < 0 {
			return k
		}
	}
	panic("sim: weights of faults")
}

func (i *injector) note(kind string) {
	for n := range i.counts {
		if i.counts[n].Kind == kind {
			i.counts[n].N++
			return
		}
	}
	i.counts = append(i.counts, Count{kind, 1})
}

// heal ends all faults: what is down starts, what is cut is joined, and clocks are set right.
func (i *injector) heal() {
	i.healed = true
	w := i.w
	w.net.heal()
	w.net.calm()
	for _, n := range w.nodes {
		n.thaw()
		n.disk.full, n.disk.failing, n.disk.latency = false, false, w.setup.syncTime
		n.clock = clock{w: w}
		n.boot()
	}
	for _, g := range w.gateways {
		g.thaw()
		g.boot()
	}
	for p := range w.sinks {
		w.sinks[p] = sink{}
	}
}

// undo ends a fault after a while, if heal has not done so before.
func (w *world) undo(shortest, longest int64, what func()) {
	w.at(w.now+1000*(shortest+int64(w.pick(int(longest-shortest)+1))), func() {
		if !w.faults.healed {
			what()
		}
	})
}

// anyNode draws a node for which something holds, nil if there is none.
func (w *world) anyNode(holds func(*node) bool) *node {
	var list []*node
	for _, n := range w.nodes {
		if holds(n) {
			list = append(list, n)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[w.pick(len(list))]
}

func running(n *node) bool { return n.up && !n.frozen }

// leadsSome tells whether a node leads some partition.
func leadsSome(n *node) bool {
	return running(n) && slices.ContainsFunc(n.replicas, func(r *replica) bool { return r != nil && r.leading != nil })
}

// anyGateway draws a running gateway, nil if there is none.
func (w *world) anyGateway() *gateway {
	g := w.gateways[w.pick(len(w.gateways))]
	if !g.up || g.frozen {
		return nil
	}
	return g
}

package oracle

import "math"

// wanted says whether a flow is still to be taken.
func (x *explorer) wanted(id string) bool {
	return !x.taken[id] && x.tries[id] < maxTries
}

func (x *explorer) start() *node {
	for _, id := range sorted(x.graph.Nodes) {
		if n := x.graph.Nodes[id]; n.Kind == "startEvent" {
			return n
		}
	}
	return &node{}
}

// leaving lists the flows that can be taken next from a node, those of its boundary events included.
func (x *explorer) leaving(n *node) []string {
	out := n.Out
	for _, b := range n.Boundary {
		out = append(out[:len(out):len(out)], x.graph.Nodes[b].Out...)
	}
	return out
}

// distances says for every flow how many flows away the nearest goal is, itself included as 0. Goals are wanted flows;
// where none can be reached, flows into end events.
func (x *explorer) distances() map[string]int {
	wanted := x.spread(x.wanted)
	ends := x.spread(func(id string) bool {
		to := x.graph.Nodes[x.graph.Flows[id].To]
		return to != nil && to.Kind == "endEvent"
	})
	for id, d := range wanted {
		if d >= far {
			wanted[id] = far + ends[id]
		}
	}
	return wanted
}

const far = math.MaxInt32

func (x *explorer) spread(goal func(flow string) bool) map[string]int {
	d := map[string]int{}
	for _, id := range x.graph.Order {
		d[id] = far
		if goal(id) {
			d[id] = 0
		}
	}
	for changed := true; changed; {
		changed = false
		for _, id := range x.graph.Order {
			to := x.graph.Nodes[x.graph.Flows[id].To]
			if to == nil {
				continue
			}
			for _, next := range x.leaving(to) {
				if d[next]+1 < d[id] {
					d[id], changed = d[next]+1, true
				}
			}
		}
	}
	return d
}

// choose decides what happens at a waiting node: event is the boundary event, or the event behind an event-based
// gateway, to trigger, the node's own id for its normal way on; values are the variables to bring along. Only events
// that are open can be chosen.
func (x *explorer) choose(n *node, open func(event string) bool) (event string, values map[string]any) {
	d := x.distances()
	event, best, via := n.ID, math.MaxInt, n
	consider := func(id string, at *node, flows []string) {
		for _, f := range flows {
			if d[f] < best {
				event, best, via = id, d[f], at
			}
		}
	}
	if n.Kind == "eventBasedGateway" {
		for _, f := range n.Out {
			if to := x.graph.Nodes[x.graph.Flows[f].To]; to != nil && open(to.ID) {
				consider(to.ID, to, append([]string{f}, to.Out...))
			}
		}
	} else {
		consider(n.ID, n, n.Out)
		for _, b := range n.Boundary {
			if open(b) {
				consider(b, x.graph.Nodes[b], x.graph.Nodes[b].Out)
			}
		}
	}
	return event, x.plan(via)
}

// plan returns variables that lead from a node, once it is left, towards the goals, up to the next nodes that wait.
func (x *explorer) plan(n *node) map[string]any {
	for range len(x.graph.Flows) {
		var wishes []wish
		var chosen []string
		d := x.distances()
		x.follow(n, d, &wishes, &chosen, map[string]bool{})
		values, ok := solve(wishes)
		stuck := false
		for _, f := range chosen {
			if !x.taken[f] {
				x.tries[f]++
				if !ok {
					x.tries[f], stuck = maxTries, true
					x.given[f] = "no value found that makes its condition true"
				}
			}
		}
		if ok || !stuck {
			return values
		}
	}
	return nil
}

// follow collects what the gateways after a node need so that the chosen flows are taken.
func (x *explorer) follow(n *node, d map[string]int, wishes *[]wish, chosen *[]string, been map[string]bool) {
	if been[n.ID] {
		return
	}
	been[n.ID] = true
	next := n.Out
	if n.Kind == "exclusiveGateway" && len(n.Out) > 1 {
		best := n.Out[0]
		for _, f := range n.Out {
			if d[f] < d[best] {
				best = f
			}
		}
		x.wish(n, best, wishes)
		*chosen = append(*chosen, best)
		next = []string{best}
	}
	for _, f := range next {
		to := x.graph.Nodes[x.graph.Flows[f].To]
		if to == nil || waiting[to.Kind] {
			continue
		}
		x.follow(to, d, wishes, chosen, been)
	}
}

var waiting = map[string]bool{
	"serviceTask": true, "receiveTask": true, "intermediateCatchEvent": true, "eventBasedGateway": true,
	"callActivity": true, "endEvent": true, "sendTask": true, "userTask": true,
}

// wish adds what makes a gateway take a flow: its condition true, and those before it (all of them, for the default
// flow) false.
func (x *explorer) wish(n *node, chosen string, wishes *[]wish) {
	for _, f := range n.Out {
		condition := x.graph.Flows[f].Condition
		if f == n.Default || condition == "" {
			continue
		}
		e, err := parseCondition(condition)
		if err != nil {
			x.given[f] = err.Error()
			continue
		}
		*wishes = append(*wishes, wish{e, f == chosen})
		if f == chosen {
			return
		}
	}
}

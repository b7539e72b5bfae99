package oracle

import (
	"math"
	"slices"
)

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

// plan returns variables that lead from a node, once it is left, towards the goals, up to the next nodes that wait. A
// flow that cannot be taken together with those chosen before it is given up.
func (x *explorer) plan(n *node) map[string]any {
	for range len(x.graph.Flows) {
		var choices []choice
		x.follow(n, x.distances(), &choices, map[string]bool{})
		var wishes []wish
		values, blame := map[string]any{}, ""
		for i, c := range choices {
			wishes = append(wishes, c.wishes...)
			v, ok := solve(wishes)
			if !ok {
				blame = x.lastUntaken(choices[:i+1])
				break
			}
			values = v
		}
		if blame == "" {
			for _, c := range choices {
				x.tries[c.flow]++
			}
			return values
		}
		x.tries[blame] = maxTries
		x.given[blame] = "no value found that makes its condition true"
	}
	return nil
}

// choice is a flow chosen at a gateway and what it needs.
type choice struct {
	flow   string
	wishes []wish
}

func (x *explorer) lastUntaken(choices []choice) string {
	for i := len(choices) - 1; i >= 0; i-- {
		if x.wanted(choices[i].flow) {
			return choices[i].flow
		}
	}
	return ""
}

// follow collects what the gateways after a node need so that the chosen flows are taken.
func (x *explorer) follow(n *node, d map[string]int, choices *[]choice, been map[string]bool) {
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
		*choices = append(*choices, choice{best, x.wishes(n, best)})
		next = []string{best}
	}
	for _, f := range next {
		to := x.graph.Nodes[x.graph.Flows[f].To]
		if to == nil || waiting[to.Kind] {
			continue
		}
		x.follow(to, d, choices, been)
	}
}

var waiting = map[string]bool{
	"serviceTask": true, "receiveTask": true, "intermediateCatchEvent": true, "eventBasedGateway": true,
	"callActivity": true, "endEvent": true, "sendTask": true, "userTask": true,
}

// wishes are what makes a gateway take a flow: its condition true, and those asked before it (all of them, for the
// default flow) false. Zeebe asks in reverse order of the document.
func (x *explorer) wishes(n *node, chosen string) (out []wish) {
	for _, f := range slices.Backward(n.Out) {
		condition := x.graph.Flows[f].Condition
		if f == n.Default || condition == "" {
			continue
		}
		e, err := parseCondition(condition)
		if err != nil {
			x.given[f] = err.Error()
			continue
		}
		out = append(out, wish{e, f == chosen})
		if f == chosen {
			break
		}
	}
	return out
}

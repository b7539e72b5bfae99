package bpmn

func checkEventBasedGateway(m *model, n *node) {
	flows := m.listed(n, "outgoing")
	if len(flows) < 2 {
		m.fail(n, "Event-based gateway must have at least 2 outgoing sequence flows.")
	}
	var targets []*node
	foreign, shared, seen := false, false, map[*node]bool{}
	for _, f := range flows {
		target := m.byID[local(f.value("targetRef"))]
		if target == nil {
			continue
		}
		targets = append(targets, target)
		if seen[target] {
			continue
		}
		seen[target] = true
		foreign = foreign || !isCatch(target)
		for _, in := range m.listed(target, "incoming") {
			shared = shared || m.byID[local(in.value("sourceRef"))] != n
		}
	}
	if foreign {
		m.fail(n, "Event-based gateway must not have an outgoing sequence flow to other elements than message/timer/signal intermediate catch events.")
	}
	m.sameNames(n, targets, everyEvent)
	if shared {
		m.fail(n, "Target elements of an event gateway must not have any additional incoming sequence flows other than that from the event gateway.")
	}
}

func isCatch(n *node) bool {
	if n.name != "intermediateCatchEvent" || len(n.definitions) != 1 {
		return false
	}
	t := eventOf(n)
	return t == EventMessage || t == EventTimer || t == EventSignal
}

func buildEventBasedGateway(_ *builder, _ *node, e *Element) {
	for _, f := range e.Outgoing {
		e.EventTargets = append(e.EventTargets, f.Target)
	}
}

package bpmn

func checkExclusiveGateway(m *model, n *node) {
	id, found := n.attr("default")
	if !found {
		return
	}
	flow := m.reference(n, "default", "sequenceFlow")
	if flow == nil {
		m.fail(n, "The default flow '%s' is no sequence flow of the model", id)
		return
	}
	if m.byID[local(flow.value("sourceRef"))] != n {
		m.fail(n, "Default flow must start at gateway")
	}
}

func buildExclusiveGateway(b *builder, n *node, e *Element) {
	if flow := b.m.reference(n, "default", "sequenceFlow"); flow != nil {
		e.Default = b.flows[flow]
	}
}

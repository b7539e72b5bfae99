package bpmn

func checkSequenceFlow(m *model, n *node) {
	if n.id() == "" {
		m.fail(n, idMustBeThere)
	}
	if !isScope(n.parent) {
		m.fail(n, misplaced, n.parent.name)
	}
	source, target := m.flowEnd(n, "sourceRef"), m.flowEnd(n, "targetRef")
	if source != nil && target != nil && source.parent != target.parent {
		m.fail(n, "A sequence flow must not cross the border of a sub-process, as from '%s' to '%s'", source.id(), target.id())
	}
	if source == nil || source.name != "exclusiveGateway" {
		return
	}
	conditional := n.child(bpmnNamespace, "conditionExpression") != nil
	isDefault := m.reference(source, "default", "sequenceFlow") == n
	if len(m.listed(source, "outgoing")) > 1 && !conditional && !isDefault {
		m.fail(n, "Must have a condition or be default flow")
	}
}

// flowEnd is the flow node at one end of a flow; a finding and nil if there is
// none. Elements that are not executed yet have a finding of their own.
func (m *model) flowEnd(flow *node, attr string) *node {
	ref, found := flow.attr(attr)
	if !found {
		m.fail(flow, "Attribute '%s' must be present", attr)
		return nil
	}
	end := m.byID[local(ref)]
	if end == nil {
		m.fail(flow, "Attribute '%s' refers to '%s', and no element has that id", attr, ref)
		return nil
	}
	if processOf(end) == nil || processOf(end) != processOf(flow) || end.name == "sequenceFlow" || !isScope(end.parent) || silent(end.name) {
		m.fail(flow, "Attribute '%s' refers to '%s', which is no element of this process that a flow can connect", attr, ref)
		return nil
	}
	return end
}

// processOf is the process a node lies in; nil for what lies in none, also for
// a process.
func processOf(n *node) *node {
	for n = n.parent; n != nil; n = n.parent {
		if n.is(bpmnNamespace, "process") {
			return n
		}
	}
	return nil
}

// isScope says whether flow elements lie directly in the node.
func isScope(n *node) bool {
	return n.name == "process" || n.name == "subProcess"
}

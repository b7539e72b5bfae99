package bpmn

func checkSequenceFlow(m *model, n *node) {
	if n.id() == "" {
		m.fail(n, idMustBeThere)
	}
	source := m.flowEnd(n, "sourceRef")
	m.flowEnd(n, "targetRef")
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
	if end.parent != flow.parent || silent(end.name) || end.name == "sequenceFlow" {
		m.fail(flow, "Attribute '%s' refers to '%s', which is no element of the same process or sub-process that a flow can connect", attr, ref)
		return nil
	}
	return end
}

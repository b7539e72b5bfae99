package bpmn

func checkCallActivity(m *model, n *node) {
	m.single(n, "calledElement")
}

func buildCallActivity(b *builder, n *node, e *Element) {
	called := n.extension("calledElement")
	e.Called = &CalledElement{
		ProcessID:                   b.compile(called.value("processId")),
		PropagateAllChildVariables:  propagates(called, "propagateAllChildVariables"),
		PropagateAllParentVariables: propagates(called, "propagateAllParentVariables"),
		VersionTag:                  called.value("versionTag"),
	}
	switch called.value("bindingType") {
	case "deployment":
		e.Called.Binding = BindingDeployment
	case "versionTag":
		e.Called.Binding = BindingVersionTag
	}
}

// propagates is true unless the attribute says otherwise; a word that is
// neither true nor false counts as false, as in Zeebe.
func propagates(n *node, attr string) bool {
	v, found := n.attr(attr)
	return !found || v == "true" || v == "1"
}

package bpmn

func checkServiceTask(m *model, n *node) {
	m.single(n, "taskDefinition")
}

// defaultRetries is what Zeebe takes when the model does not say.
const defaultRetries = "3"

func buildServiceTask(b *builder, n *node, e *Element) {
	definition := n.extension("taskDefinition")
	retries, found := definition.attr("retries")
	if !found {
		retries = defaultRetries
	}
	e.Task = &TaskDefinition{Type: b.compile(definition.value("type")), Retries: b.compile(retries)}
	headers := n.extension("taskHeaders")
	if headers == nil {
		return
	}
	for _, h := range headers.childrenNamed(zeebeNamespace, "header") {
		// Zeebe leaves out headers that lack one of the two.
		if key, value := h.value("key"), h.value("value"); key != "" && value != "" {
			e.Task.Headers = append(e.Task.Headers, Header{Key: key, Value: value})
		}
	}
}

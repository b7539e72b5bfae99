package bpmn

import (
	"encoding/xml"
	"slices"
	"strconv"
)

// parseYAML turns a YAML workflow into the same tree that a BPMN document
// gives, so that one set of rules and one graph serve both.
func parseYAML(text []byte) (*node, error) {
	w, err := parseWorkflow(text)
	if err != nil {
		return nil, err
	}
	return w.model(), nil
}

// yamlModel builds the tree of a workflow.
type yamlModel struct {
	process *node
	ids     map[string]bool
	count   map[string]int
	seq     int
	line    int
}

func (w *workflow) model() *node {
	y := &yamlModel{ids: map[string]bool{w.name: true}, count: map[string]int{}, line: 1}
	for _, t := range w.tasks {
		y.ids[t.id] = true
	}
	doc := y.add(nil, bpmnNamespace, "definitions", "id", y.fresh("definitions"), "targetNamespace", "http://bpmn.io/schema/bpmn")
	y.process = y.add(doc, bpmnNamespace, "process", "id", w.name, "isExecutable", "true")
	nodes := map[string]*node{}
	start := y.add(y.process, bpmnNamespace, "startEvent", "id", y.fresh("start"))
	for _, t := range w.tasks {
		nodes[t.id] = y.task(t)
	}
	y.line = 1
	y.flow(start, nodes[w.tasks[0].id])
	for i, t := range w.tasks {
		y.line = t.line
		from := nodes[t.id]
		switch {
		case t.cases != nil:
			y.split(t, from, nodes)
		case t.next != nil:
			y.flow(from, nodes[t.next.id])
		case !t.end && i+1 < len(w.tasks):
			y.flow(from, nodes[w.tasks[i+1].id])
		default:
			y.flow(from, y.add(y.process, bpmnNamespace, "endEvent", "id", y.fresh("end-"+t.id)))
		}
	}
	return doc
}

func (y *yamlModel) task(t *yamlTask) *node {
	y.line = t.line
	task := y.add(y.process, bpmnNamespace, "serviceTask", "id", t.id, "name", t.id)
	ext := y.add(task, bpmnNamespace, "extensionElements")
	y.add(ext, zeebeNamespace, "taskDefinition", "type", t.jobType, "retries", t.retries)
	if t.headers != nil {
		headers := y.add(ext, zeebeNamespace, "taskHeaders")
		for _, h := range t.headers {
			y.add(headers, zeebeNamespace, "header", "key", h.Key, "value", h.Value)
		}
	}
	if t.inputs == nil && t.outputs == nil {
		return task
	}
	io := y.add(ext, zeebeNamespace, "ioMapping")
	for _, m := range t.inputs {
		y.line = m.line
		y.add(io, zeebeNamespace, "input", "source", m.source, "target", m.target)
	}
	for _, m := range t.outputs {
		y.line = m.line
		y.add(io, zeebeNamespace, "output", "source", m.source, "target", m.target)
	}
	return task
}

// split is the exclusive gateway behind a task with a switch.
func (y *yamlModel) split(t *yamlTask, from *node, nodes map[string]*node) {
	gateway := y.add(y.process, bpmnNamespace, "exclusiveGateway", "id", y.fresh("split-"+t.id))
	y.flow(from, gateway)
	if t.otherwise != nil {
		f := y.flow(gateway, nodes[t.otherwise.id])
		gateway.attrs = append(gateway.attrs, xml.Attr{Name: xml.Name{Local: "default"}, Value: f.id()})
	}
	// A gateway asks the last flow of the document first.
	for _, c := range slices.Backward(t.cases) {
		y.line = c.line
		f := y.flow(gateway, nodes[c.next.id])
		f.attrs = append(f.attrs, xml.Attr{Name: xml.Name{Local: "name"}, Value: c.condition[1:]})
		y.add(f, bpmnNamespace, "conditionExpression").text = c.condition
	}
}

func (y *yamlModel) flow(from, to *node) *node {
	id := y.fresh("flow-" + from.id() + "-" + to.id())
	y.add(from, bpmnNamespace, "outgoing").text = id
	y.add(to, bpmnNamespace, "incoming").text = id
	return y.add(y.process, bpmnNamespace, "sequenceFlow", "id", id, "sourceRef", from.id(), "targetRef", to.id())
}

func (y *yamlModel) add(parent *node, space, name string, attrs ...string) *node {
	n := &node{space: space, name: name, parent: parent, line: y.line, seq: y.seq}
	y.seq++
	for i := 0; i < len(attrs); i += 2 {
		n.attrs = append(n.attrs, xml.Attr{Name: xml.Name{Local: attrs[i]}, Value: attrs[i+1]})
	}
	if parent != nil {
		parent.adopt(n)
	}
	return n
}

// fresh is an id that nothing has yet.
func (y *yamlModel) fresh(id string) string {
	unique := id
	for y.ids[unique] {
		y.count[id]++
		unique = id + "-" + strconv.Itoa(y.count[id]+1)
	}
	y.ids[unique] = true
	return unique
}

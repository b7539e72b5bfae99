package bpmn

import (
	"slices"
	"strings"

	"github.com/payhub/payhub/engine/feel"
)

// builder turns a process whose document has no findings into a graph.
type builder struct {
	m        *model
	process  *Process
	elements map[*node]*Element
	flows    map[*node]*SequenceFlow
	// order holds the nodes of process.Elements.
	order []*node
	// flowOrder holds the nodes of process.Flows.
	flowOrder []*node
	err       error
}

func buildProcess(m *model, n *node) (*Process, error) {
	b := &builder{m: m, elements: map[*node]*Element{}, flows: map[*node]*SequenceFlow{}}
	b.process = &Process{ID: n.id(), Name: n.value("name"), byID: map[string]*Element{}, flowByID: map[string]*SequenceFlow{}}
	if tag := n.extension("versionTag"); tag != nil {
		b.process.VersionTag = tag.value("value")
	}
	b.collect(n, ProcessElement, nil)
	b.connect()
	for i, e := range slices.Backward(b.process.Elements) {
		node := b.order[i]
		b.mappings(node, e)
		b.starts(e)
		if build := kinds[node.name].build; build != nil {
			build(b, node, e)
		}
	}
	return b.process, b.err
}

// collect adds an element and all below it in document order.
func (b *builder) collect(n *node, t ElementType, parent *Element) {
	e := &Element{Index: len(b.order), ID: n.id(), Name: n.value("name"), Type: t, Parent: parent}
	b.order = append(b.order, n)
	b.elements[n] = e
	b.process.Elements = append(b.process.Elements, e)
	b.process.byID[e.ID] = e
	if !isScope(n) {
		return
	}
	for _, c := range n.children {
		switch k, found := kinds[c.name]; {
		case c.space != bpmnNamespace:
		case found:
			b.collect(c, k.element, e)
		case c.name == "sequenceFlow":
			b.addFlow(c)
		}
	}
}

func (b *builder) addFlow(n *node) {
	f := &SequenceFlow{Index: len(b.flowOrder), ID: n.id(), Name: n.value("name")}
	if c := n.child(bpmnNamespace, "conditionExpression"); c != nil {
		f.Condition = b.compile(c.text)
	}
	b.flowOrder = append(b.flowOrder, n)
	b.flows[n] = f
	b.process.Flows = append(b.process.Flows, f)
	b.process.flowByID[f.ID] = f
}

// connect ties the flows to their ends, the last of the document first: this
// is the order in which Zeebe asks conditions and forks.
func (b *builder) connect() {
	for i, f := range slices.Backward(b.process.Flows) {
		n := b.flowOrder[i]
		f.Source = b.elements[b.m.byID[local(n.value("sourceRef"))]]
		f.Target = b.elements[b.m.byID[local(n.value("targetRef"))]]
		f.Source.Outgoing = append(f.Source.Outgoing, f)
		f.Target.Incoming = append(f.Target.Incoming, f)
	}
}

// starts tells the scope of a start event about it.
func (b *builder) starts(e *Element) {
	if e.Type != StartEvent {
		return
	}
	e.Parent.Starts = append(e.Parent.Starts, e)
	if eventOf(b.order[e.Index]) == EventNone {
		e.Parent.NoneStart = e
	}
}

func (b *builder) mappings(n *node, e *Element) {
	io := n.extension("ioMapping")
	if io == nil {
		return
	}
	for _, in := range io.childrenNamed(zeebeNamespace, "input") {
		e.Inputs = append(e.Inputs, b.mapping(in))
	}
	for _, out := range io.childrenNamed(zeebeNamespace, "output") {
		e.Outputs = append(e.Outputs, b.mapping(out))
	}
}

func (b *builder) mapping(n *node) Mapping {
	mapping := Mapping{Target: strings.Split(n.value("target"), ".")}
	if source := n.value("source"); source != "" {
		mapping.Source = b.compile(source)
	}
	return mapping
}

// compile compiles a text that the checks have already compiled; an error here
// would be a rule that is missing, and is reported as such.
func (b *builder) compile(text string) *feel.Expression {
	expr, err := feel.Compile(text)
	if err != nil && b.err == nil {
		b.err = err
	}
	return expr
}

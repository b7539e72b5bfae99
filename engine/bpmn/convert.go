package bpmn

import (
	"bytes"
	"encoding/xml"
	"strconv"
)

// ConvertYAML writes a YAML workflow as BPMN with a diagram, ready for a
// Modeler: the same process that deploying the workflow gives. Errors carry
// line and column, or are the *ValidationError of the model.
func ConvertYAML(src []byte) ([]byte, error) {
	doc, err := parseYAML(src)
	if err != nil {
		return nil, err
	}
	if _, err := Read("workflow.yaml", src); err != nil {
		return nil, err
	}
	w := &xmlWriter{}
	w.out.WriteString(xml.Header)
	w.open("bpmn:definitions", append([]xml.Attr{
		{Name: xml.Name{Local: "xmlns:bpmn"}, Value: bpmnNamespace},
		{Name: xml.Name{Local: "xmlns:zeebe"}, Value: zeebeNamespace},
		{Name: xml.Name{Local: "xmlns:bpmndi"}, Value: "http://www.omg.org/spec/BPMN/20100524/DI"},
		{Name: xml.Name{Local: "xmlns:dc"}, Value: "http://www.omg.org/spec/DD/20100524/DC"},
		{Name: xml.Name{Local: "xmlns:di"}, Value: "http://www.omg.org/spec/DD/20100524/DI"},
	}, doc.attrs...))
	for _, c := range doc.children {
		w.node(c)
	}
	w.diagram(doc.children[0])
	w.close("bpmn:definitions")
	return w.out.Bytes(), nil
}

// xmlWriter writes indented XML.
type xmlWriter struct {
	out   bytes.Buffer
	depth int
}

func (w *xmlWriter) line(parts ...string) {
	for range w.depth {
		w.out.WriteString("  ")
	}
	for _, p := range parts {
		w.out.WriteString(p)
	}
	w.out.WriteByte('\n')
}

func (w *xmlWriter) open(name string, attrs []xml.Attr) {
	w.line("<", name, attrText(attrs), ">")
	w.depth++
}

func (w *xmlWriter) close(name string) {
	w.depth--
	w.line("</", name, ">")
}

func (w *xmlWriter) empty(name string, attrs ...string) {
	var all []xml.Attr
	for i := 0; i < len(attrs); i += 2 {
		all = append(all, xml.Attr{Name: xml.Name{Local: attrs[i]}, Value: attrs[i+1]})
	}
	w.line("<", name, attrText(all), " />")
}

func attrText(attrs []xml.Attr) string {
	var text bytes.Buffer
	for _, a := range attrs {
		text.WriteString(" " + a.Name.Local + `="` + escape(a.Value) + `"`)
	}
	return text.String()
}

func escape(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return "" // a bytes.Buffer takes everything
	}
	return b.String()
}

func (w *xmlWriter) node(n *node) {
	name := "bpmn:" + n.name
	if n.space == zeebeNamespace {
		name = "zeebe:" + n.name
	}
	switch {
	case n.text != "":
		w.line("<", name, attrText(n.attrs), ">", escape(n.text), "</", name, ">")
	case len(n.children) == 0:
		w.line("<", name, attrText(n.attrs), " />")
	default:
		w.open(name, n.attrs)
		for _, c := range schemaOrder(n.children) {
			w.node(c)
		}
		w.close(name)
	}
}

// schemaOrder brings children into the order the BPMN schema wants: extension
// elements, incoming, outgoing, then the rest as it is.
func schemaOrder(children []*node) []*node {
	var ordered []*node
	for _, name := range [...]string{"extensionElements", "incoming", "outgoing", ""} {
		for _, c := range children {
			first := c.name == "extensionElements" || c.name == "incoming" || c.name == "outgoing"
			if c.name == name || name == "" && !first {
				ordered = append(ordered, c)
			}
		}
	}
	return ordered
}

func (w *xmlWriter) diagram(process *node) {
	d := layOut(process)
	w.open("bpmndi:BPMNDiagram", []xml.Attr{{Name: xml.Name{Local: "id"}, Value: "BPMNDiagram_1"}})
	w.open("bpmndi:BPMNPlane", []xml.Attr{{Name: xml.Name{Local: "id"}, Value: "BPMNPlane_1"}, {Name: xml.Name{Local: "bpmnElement"}, Value: process.id()}})
	for _, s := range d.shapes {
		attrs := []xml.Attr{{Name: xml.Name{Local: "id"}, Value: s.node.id() + "_di"}, {Name: xml.Name{Local: "bpmnElement"}, Value: s.node.id()}}
		if s.node.name == "exclusiveGateway" {
			attrs = append(attrs, xml.Attr{Name: xml.Name{Local: "isMarkerVisible"}, Value: "true"})
		}
		w.open("bpmndi:BPMNShape", attrs)
		w.empty("dc:Bounds", "x", strconv.Itoa(s.x), "y", strconv.Itoa(s.y), "width", strconv.Itoa(s.width), "height", strconv.Itoa(s.height))
		w.close("bpmndi:BPMNShape")
	}
	for _, e := range d.edges {
		w.open("bpmndi:BPMNEdge", []xml.Attr{{Name: xml.Name{Local: "id"}, Value: e.node.id() + "_di"}, {Name: xml.Name{Local: "bpmnElement"}, Value: e.node.id()}})
		for _, p := range e.points {
			w.empty("di:waypoint", "x", strconv.Itoa(p.x), "y", strconv.Itoa(p.y))
		}
		w.close("bpmndi:BPMNEdge")
	}
	w.close("bpmndi:BPMNPlane")
	w.close("bpmndi:BPMNDiagram")
}

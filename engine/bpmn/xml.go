package bpmn

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The namespaces that mean something here. What lies in others (diagram,
// foreign extensions) is skipped.
const (
	bpmnNamespace  = "http://www.omg.org/spec/BPMN/20100524/MODEL"
	zeebeNamespace = "http://camunda.org/schema/zeebe/1.0"
)

// Limits of a document: far above what people draw, far below what hurts.
const (
	maxDocumentBytes = 8 << 20
	maxDocumentDepth = 200
)

// node is an XML element of the BPMN or the Zeebe namespace.
type node struct {
	space string
	name  string
	attrs []xml.Attr
	// text is what stands between the tags without blanks at its ends; chars
	// gathers it while the element is open.
	text     string
	chars    []byte
	parent   *node
	children []*node
	// definitions are those of the children that are event definitions.
	definitions []*node
	line        int
	// seq is the place in document order.
	seq int
}

// attr is the attribute without a namespace of that name, as BPMN and Zeebe
// write theirs.
func (n *node) attr(name string) (value string, found bool) {
	for _, a := range n.attrs {
		if a.Name.Local == name && (a.Name.Space == "" || a.Name.Space == n.space) {
			return a.Value, true
		}
	}
	return "", false
}

func (n *node) value(name string) string {
	v, _ := n.attr(name)
	return v
}

// adopt adds a child.
func (n *node) adopt(child *node) {
	n.children = append(n.children, child)
	if child.space == bpmnNamespace && (strings.HasSuffix(child.name, "EventDefinition") || child.name == "eventDefinitionRef") {
		n.definitions = append(n.definitions, child)
	}
}

func (n *node) id() string { return n.value("id") }

func (n *node) is(space, name string) bool { return n.space == space && n.name == name }

// childrenNamed are the direct children of that name, in document order.
func (n *node) childrenNamed(space, name string) []*node {
	var found []*node
	for _, c := range n.children {
		if c.is(space, name) {
			found = append(found, c)
		}
	}
	return found
}

func (n *node) child(space, name string) *node {
	for _, c := range n.children {
		if c.is(space, name) {
			return c
		}
	}
	return nil
}

// extensions are the zeebe elements of that name in bpmn:extensionElements.
func (n *node) extensions(name string) []*node {
	if ext := n.child(bpmnNamespace, "extensionElements"); ext != nil {
		return ext.childrenNamed(zeebeNamespace, name)
	}
	return nil
}

func (n *node) extension(name string) *node {
	if all := n.extensions(name); len(all) > 0 {
		return all[0]
	}
	return nil
}

// walk visits the node and all below it in document order. A visit that
// returns false leaves out what is below.
func (n *node) walk(visit func(*node) bool) {
	if !visit(n) {
		return
	}
	for _, c := range n.children {
		c.walk(visit)
	}
}

// path names a node for people as Zeebe does: by its id, else by the way from
// the nearest ancestor that has one: "task > extensionElements > ioMapping".
func (n *node) path() string {
	if id := n.id(); id != "" {
		return id
	}
	if n.parent == nil {
		return n.name
	}
	return n.parent.path() + " > " + n.name
}

// syntaxError is a fault of the document itself, before any rule of BPMN.
type syntaxError struct {
	line int
	why  string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.why) }

// parseXML reads a document into a tree of its BPMN and Zeebe elements. A
// document type definition is refused: BPMN needs none, and its entities are
// how small files become large ones.
func parseXML(document []byte) (*node, error) {
	if len(document) > maxDocumentBytes {
		return nil, &syntaxError{1, fmt.Sprintf("the document has %d bytes, the limit is %d", len(document), maxDocumentBytes)}
	}
	p := xmlParser{dec: xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(document, []byte("\xef\xbb\xbf"))))}
	p.dec.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("encoding %s is not supported; save the model as UTF-8", charset)
	}
	for {
		token, err := p.dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = p.take(token)
		}
		if err != nil {
			return nil, p.located(err)
		}
	}
	if p.root == nil {
		return nil, p.located(errors.New("the document has no root element; a BPMN model starts with bpmn:definitions"))
	}
	return p.root, nil
}

type xmlParser struct {
	dec *xml.Decoder
	// root is the outermost element, open the innermost that is kept and not
	// yet closed.
	root, open *node
	depth      int
	// skip is the depth at which an element of no interest began; 0 if none.
	skip int
	seq  int
}

func (p *xmlParser) located(err error) error {
	var at *syntaxError
	if errors.As(err, &at) {
		return err
	}
	line, _ := p.dec.InputPos()
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return &syntaxError{syntax.Line, "this is no well-formed XML: " + syntax.Msg}
	}
	return &syntaxError{line, err.Error()}
}

func (p *xmlParser) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return p.start(t)
	case xml.EndElement:
		p.end()
	case xml.CharData:
		if p.skip == 0 && p.open != nil {
			p.open.chars = append(p.open.chars, t...)
		}
	case xml.Directive:
		return errors.New("a document type definition is not allowed; remove <!" + firstWord(string(t)) + " …>")
	}
	return nil
}

func (p *xmlParser) start(t xml.StartElement) error {
	if p.depth++; p.depth > maxDocumentDepth {
		return fmt.Errorf("elements are nested more than %d deep", maxDocumentDepth)
	}
	if p.skip > 0 {
		return nil
	}
	line, _ := p.dec.InputPos()
	n := &node{space: t.Name.Space, name: t.Name.Local, attrs: t.Copy().Attr, parent: p.open, line: line, seq: p.seq}
	p.seq++
	switch {
	case p.root == nil:
		if !n.is(bpmnNamespace, "definitions") {
			return fmt.Errorf("the document is no BPMN model: its root is <%s> in namespace %q, not <definitions> in %q", n.name, n.space, bpmnNamespace)
		}
		p.root = n
	case p.open == nil:
		return errors.New("there is something after the end of bpmn:definitions")
	case n.space != bpmnNamespace && n.space != zeebeNamespace:
		p.skip = p.depth
		return nil
	default:
		p.open.adopt(n)
	}
	p.open = n
	return nil
}

func (p *xmlParser) end() {
	switch {
	case p.skip == 0:
		p.open.text = strings.TrimSpace(string(p.open.chars))
		p.open.chars = nil
		p.open = p.open.parent
	case p.skip == p.depth:
		p.skip = 0
	}
	p.depth--
}

func firstWord(s string) string {
	if fields := strings.Fields(s); len(fields) > 0 {
		return fields[0]
	}
	return s
}

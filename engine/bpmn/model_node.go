package bpmn

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/payhub/payhub/engine/feel"
)

// model is a document with what the checks look up in it.
type model struct {
	doc *node
	// byID finds elements of the BPMN namespace.
	byID map[string]*node
	// processes are the executable ones.
	processes []*node
	// attached holds the boundary events of an activity, in document order.
	attached map[*node][]*node
	// used says which messages are referred to, and how.
	used     map[*node]usage
	lists    map[list][]*node
	findings []Finding
}

// usage is who refers to a message.
type usage struct {
	// starts counts the start events of processes, others everything else.
	starts, others int
}

// newModel indexes the document. It fails where ids or flags are unusable.
func newModel(doc *node) (*model, error) {
	m := &model{doc: doc, byID: map[string]*node{}, attached: map[*node][]*node{}, used: map[*node]usage{}, lists: map[list][]*node{}}
	var err error
	doc.walk(func(n *node) bool {
		if err == nil {
			err = m.index(n)
		}
		return err == nil
	})
	if err != nil {
		return nil, err
	}
	doc.walk(func(n *node) bool {
		m.refer(n)
		return true
	})
	return m, nil
}

func (m *model) index(n *node) error {
	if n.space != bpmnNamespace {
		return nil
	}
	if id, found := n.attr("id"); found {
		if !isName(id) {
			return &syntaxError{n.line, fmt.Sprintf("%q is no id for <%s>: %s", id, n.name, nameRule)}
		}
		if first, found := m.byID[id]; found {
			return &syntaxError{n.line, fmt.Sprintf("id '%s' of <%s> is already that of <%s> in line %d; ids must be unique", id, n.name, first.name, first.line)}
		}
		m.byID[id] = n
	}
	for _, flag := range [...]string{"isExecutable", "cancelActivity", "triggeredByEvent", "isForCompensation"} {
		if _, err := n.flag(flag, false); err != nil {
			return err
		}
	}
	if executable, _ := n.flag("isExecutable", false); executable && n.name == "process" && n.parent == m.doc {
		m.processes = append(m.processes, n)
	}
	return nil
}

// nameRule says what an id is made of: XML Schema's NCName.
const nameRule = "an id begins with a letter or _ and goes on with letters, digits, '.', '-' and '_'"

func isName(id string) bool {
	for i, r := range id {
		if r == '_' || unicode.IsLetter(r) || i > 0 && (r == '.' || r == '-' || unicode.IsDigit(r) || unicode.IsMark(r)) {
			continue
		}
		return false
	}
	return id != ""
}

// refer notes what an element refers to; as in Zeebe, also one of a process
// that is not executable.
func (m *model) refer(n *node) {
	switch n.name {
	case "boundaryEvent":
		if a := m.byID[n.value("attachedToRef")]; a != nil {
			m.attached[a] = append(m.attached[a], n)
		}
	case "receiveTask", "messageEventDefinition":
		message := m.message(n)
		if message == nil || n.parent == nil {
			return
		}
		u := m.used[message]
		if n.parent.name == "startEvent" && n.parent.parent != nil && n.parent.parent.name == "process" {
			u.starts++
		} else {
			u.others++
		}
		m.used[message] = u
	}
}

// flag is a boolean attribute of XML Schema.
func (n *node) flag(name string, otherwise bool) (bool, error) {
	switch v, found := n.attr(name); {
	case !found:
		return otherwise, nil
	case v == "true" || v == "1":
		return true, nil
	case v == "false" || v == "0":
		return false, nil
	default:
		return false, &syntaxError{n.line, fmt.Sprintf("attribute %s of <%s> is %q; it must be true or false", name, n.name, v)}
	}
}

// isSet is a flag that newModel has already looked at.
func (n *node) isSet(name string, otherwise bool) bool {
	v, _ := n.flag(name, otherwise)
	return v
}

// local strips the prefix of a qualified name, as references carry it.
func local(ref string) string {
	return ref[strings.LastIndexByte(ref, ':')+1:]
}

func (m *model) reference(n *node, attr, element string) *node {
	target := m.byID[n.value(attr)]
	if target == nil {
		target = m.byID[local(n.value(attr))]
	}
	if target == nil || !target.is(bpmnNamespace, element) {
		return nil
	}
	return target
}

func (m *model) message(n *node) *node { return m.reference(n, "messageRef", "message") }

func (m *model) errorOf(n *node) *node { return m.reference(n, "errorRef", "error") }

// list is one of the two lists of flows a node has.
type list struct {
	node      *node
	direction string
}

// listed are the flows a node lists as incoming or outgoing. Zeebe's rules
// look at these lists, its execution at sourceRef and targetRef. They are kept,
// because each flow of a gateway asks for the list of the gateway.
func (m *model) listed(n *node, direction string) []*node {
	if flows, found := m.lists[list{n, direction}]; found {
		return flows
	}
	var flows []*node
	for _, c := range n.childrenNamed(bpmnNamespace, direction) {
		if f := m.byID[local(c.text)]; f != nil && f.name == "sequenceFlow" {
			flows = append(flows, f)
		}
	}
	m.lists[list{n, direction}] = flows
	return flows
}

// fail adds a finding at a node.
func (m *model) fail(at *node, format string, args ...any) {
	m.findings = append(m.findings, Finding{Element: at.path(), Text: fmt.Sprintf(format, args...), seq: at.seq})
}

// Texts that several elements share; the wording is Zeebe's.
const (
	noExpression   = "Expected expression but not found."
	notYet         = "%s are not supported yet by this version of payhub"
	duplicateName  = "Multiple message event definitions with the same name '%s' are not allowed."
	exactlyOne     = "Must have exactly one '%s' extension element"
	needsMessage   = "Must reference a message"
	oneDefinition  = "Must have exactly one event definition"
	notConstant    = "Expected constant expression of type String for message name '%s', but was %s"
	staticInstead  = "Expected expression but found static value '%[1]s'. An expression must start with '=' (e.g. '=%[1]s')."
	idMustBeThere  = "Element id must be present and not empty."
	misplaced      = "Must lie in a process or sub-process, not in <%s>"
	unsupportedDef = "Event definition of this type is not supported"
)

// parses checks that a text compiles; it may be static.
func (m *model) parses(at *node, text string) {
	if _, err := feel.Compile(text); err != nil {
		m.fail(at, "%s", err)
	}
}

// required checks an attribute that must be there, static or not.
func (m *model) required(at *node, attr string) {
	text := at.value(attr)
	if text == "" {
		m.fail(at, noExpression)
		return
	}
	m.parses(at, text)
}

// formula checks a text that must be an expression.
func (m *model) formula(at *node, text string) {
	if !strings.HasPrefix(text, "=") || text == "=" {
		m.fail(at, staticInstead, text)
		return
	}
	m.parses(at, text)
}

// single checks that a node has exactly one zeebe extension of that name.
func (m *model) single(n *node, name string) {
	if len(n.extensions(name)) != 1 {
		m.fail(n, exactlyOne, "zeebe:"+name)
	}
}

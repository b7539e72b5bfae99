package flows_test

import (
	"encoding/xml"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/payhub/payhub/flows"
)

// model is as much of a BPMN file as the tests look at.
type model struct {
	flow  flows.Flow
	nodes []node
}

// node is one XML element with its way from the root.
type node struct {
	name   string // local name
	parent string // local name of the parent
	owner  string // id of the nearest element with one, itself included
	attrs  map[string]string
	text   string
}

func read(t *testing.T, f flows.Flow) model {
	t.Helper()
	m := model{flow: f}
	d := xml.NewDecoder(strings.NewReader(string(f.BPMN())))
	var path []int
	for {
		token, err := d.Token()
		if token == nil {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", f.File, err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			n := node{name: x.Name.Local, attrs: map[string]string{}}
			if len(path) > 0 {
				up := m.nodes[path[len(path)-1]]
				n.parent, n.owner = up.name, up.owner
			}
			for _, a := range x.Attr {
				n.attrs[a.Name.Local] = a.Value
			}
			if id := n.attrs["id"]; id != "" && !strings.HasSuffix(id, "_def") {
				n.owner = id
			}
			path = append(path, len(m.nodes))
			m.nodes = append(m.nodes, n)
		case xml.CharData:
			if len(path) > 0 {
				m.nodes[path[len(path)-1]].text += string(x)
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
	return m
}

func models(t *testing.T) []model {
	var out []model
	for _, f := range flows.Catalogue() {
		out = append(out, read(t, f))
	}
	return out
}

// all lists the nodes with one of the names.
func (m model) all(names ...string) (found []node) {
	for _, n := range m.nodes {
		if slices.Contains(names, n.name) {
			found = append(found, n)
		}
	}
	return found
}

// elements lists what must be drawn as a shape.
func (m model) elements() []node {
	return m.all("startEvent", "endEvent", "serviceTask", "callActivity", "exclusiveGateway", "eventBasedGateway", "boundaryEvent", "intermediateCatchEvent")
}

// expressions lists the FEEL of a model, without the leading '='. Anything else is static text.
func (m model) expressions() (found []string) {
	for _, n := range m.nodes {
		for _, text := range []string{n.attrs["source"], n.attrs["correlationKey"], n.attrs["processId"], n.text} {
			if expression, ok := strings.CutPrefix(strings.TrimSpace(text), "="); ok {
				found = append(found, expression)
			}
		}
	}
	return found
}

var (
	stringLiteral = regexp.MustCompile(`"[^"]*"`)
	contextKey    = regexp.MustCompile(`([{,]\s*)[A-Za-z]\w*\s*:`)
	path          = regexp.MustCompile(`[A-Za-z]\w*(\.\w+)*\(?`)
	keywords      = []string{"if", "then", "else", "and", "or", "not", "null", "true", "false"}
)

// paths lists the variables that an expression reads, each with the fields behind it.
func paths(expression string) (found []string) {
	bare := contextKey.ReplaceAllString(stringLiteral.ReplaceAllString(expression, `""`), "$1")
	for _, p := range path.FindAllString(bare, -1) {
		if !slices.Contains(keywords, p) && !strings.HasSuffix(p, "(") {
			found = append(found, p)
		}
	}
	return found
}

// keysOf lists the keys of the context that an expression makes, empty when it makes none.
func keysOf(expression string) (keys []string) {
	for _, k := range contextKey.FindAllString(stringLiteral.ReplaceAllString(expression, `""`), -1) {
		keys = append(keys, strings.Trim(k, "{,: "))
	}
	return keys
}

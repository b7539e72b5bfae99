package bpmn

import (
	"errors"
	"fmt"
	"strings"

	yamlerrors "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxYAMLBytes bounds a YAML workflow; the largest people write are a few
// kilobytes, and the parser's time grows faster than the text.
const maxYAMLBytes = 256 << 10

// yamlError is a fault at a place of a YAML workflow.
type yamlError struct {
	line, column int
	why          string
}

func (e *yamlError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.line, e.column, e.why)
}

func yamlErrorAt(t *token.Token, format string, args ...any) error {
	e := &yamlError{line: 1, column: 1, why: fmt.Sprintf(format, args...)}
	if t != nil && t.Position != nil {
		e.line, e.column = t.Position.Line, t.Position.Column
	}
	return e
}

// workflow is a YAML workflow as Zeebe had them from 0.3 to 0.26.
type workflow struct {
	name  string
	tasks []*yamlTask
}

// yamlTask is one entry of tasks.
type yamlTask struct {
	id, jobType, retries string
	headers              []Header
	inputs, outputs      []yamlMapping
	next                 *yamlRef
	end                  bool
	cases                []yamlCase
	otherwise            *yamlRef
	line                 int
	// at is the place of the id.
	at *token.Token
}

// yamlRef is a reference to a task.
type yamlRef struct {
	id string
	at *token.Token
}

type yamlMapping struct {
	source, target string
	line           int
}

type yamlCase struct {
	condition string
	next      *yamlRef
	line      int
}

// parseWorkflow reads the text of a YAML workflow. Errors carry line and
// column.
func parseWorkflow(text []byte) (*workflow, error) {
	if len(text) > maxYAMLBytes {
		return nil, &yamlError{1, 1, fmt.Sprintf("the workflow has %d bytes, the limit is %d", len(text), maxYAMLBytes)}
	}
	file, err := parseDocument(text)
	if err != nil {
		return nil, err
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, &yamlError{1, 1, "a workflow is one YAML document with name and tasks"}
	}
	w := &workflow{}
	entries, err := yamlEntries(file.Docs[0].Body, "a workflow", "name", "tasks")
	if err != nil {
		return nil, err
	}
	var tasks ast.Node
	for _, e := range entries {
		switch e.key {
		case "name":
			w.name, err = yamlName(e.value, "name")
		case "tasks":
			tasks = e.value
		}
		if err != nil {
			return nil, err
		}
	}
	if w.name == "" {
		return nil, yamlErrorAt(file.Docs[0].Body.GetToken(), "name is missing: it becomes the id of the process")
	}
	if tasks == nil {
		return nil, yamlErrorAt(file.Docs[0].Body.GetToken(), "tasks is missing: a workflow has at least one task")
	}
	if err := w.readTasks(tasks); err != nil {
		return nil, err
	}
	return w, w.resolve()
}

// parseDocument calls the YAML library. A panic in there is a text it cannot
// read, not the end of the program.
func parseDocument(text []byte) (file *ast.File, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			file, err = nil, &yamlError{1, 1, fmt.Sprintf("this is no well-formed YAML: %v", fault)}
		}
	}()
	tokens := lexer.Tokenize(string(text))
	if err := shallow(text, tokens); err != nil {
		return nil, err
	}
	if file, err = parser.Parse(tokens, 0); err != nil {
		return nil, located(err)
	}
	return file, nil
}

// maxYAMLDepth is far above the five levels a workflow has.
const (
	maxYAMLDepth = 64
	tooDeep      = "nested more than 64 deep"
)

// shallow refuses deep nesting before the parser recurses into it: by flow
// brackets, or by indentation, to which dashes on one line count.
func shallow(text []byte, tokens token.Tokens) error {
	for i, line := range strings.Split(string(text), "\n") {
		if indent := len(line) - len(strings.TrimLeft(line, " -?:\t")); indent > 2*maxYAMLDepth {
			return &yamlError{i + 1, 1, tooDeep}
		}
	}
	depth := 0
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		}
		if depth > maxYAMLDepth {
			return yamlErrorAt(t, tooDeep)
		}
	}
	return nil
}

func located(err error) error {
	var syntax *yamlerrors.SyntaxError
	if errors.As(err, &syntax) {
		return yamlErrorAt(syntax.Token, "this is no well-formed YAML: %s", syntax.Message)
	}
	return &yamlError{1, 1, "this is no well-formed YAML: " + err.Error()}
}

// resolve checks that every goto leads to a task.
func (w *workflow) resolve() error {
	known := map[string]bool{}
	for _, t := range w.tasks {
		if known[t.id] {
			return yamlErrorAt(t.at, "task id '%s' is used twice; ids must be unique", t.id)
		}
		known[t.id] = true
	}
	for _, t := range w.tasks {
		refs := []*yamlRef{t.next, t.otherwise}
		for _, c := range t.cases {
			refs = append(refs, c.next)
		}
		for _, ref := range refs {
			if ref != nil && !known[ref.id] {
				return yamlErrorAt(ref.at, "Expected to add task with id '%s', but no task of the workflow has it", ref.id)
			}
		}
	}
	return nil
}

// yamlEntry is one key with its value.
type yamlEntry struct {
	key   string
	at    *token.Token
	value ast.Node
}

// yamlEntries are the entries of a mapping in their order; keys that are not
// known, or come twice, are errors. Without known keys every key is allowed.
func yamlEntries(n ast.Node, what string, known ...string) ([]yamlEntry, error) {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		return nil, yamlErrorAt(tokenOf(n), "%s must be a mapping of keys to values", what)
	}
	var entries []yamlEntry
	seen := map[string]bool{}
	for _, v := range values {
		key, err := yamlScalar(v.Key, "a key")
		if err != nil {
			return nil, err
		}
		if known != nil && !strings.Contains(" "+strings.Join(known, " ")+" ", " "+key+" ") {
			return nil, yamlErrorAt(v.Key.GetToken(), "unknown key '%s'; %s has: %s", key, what, strings.Join(known, ", "))
		}
		if seen[key] {
			return nil, yamlErrorAt(v.Key.GetToken(), "key '%s' comes twice", key)
		}
		seen[key] = true
		entries = append(entries, yamlEntry{key, v.Key.GetToken(), v.Value})
	}
	return entries, nil
}

func yamlItems(n ast.Node, what string) ([]ast.Node, error) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		return nil, yamlErrorAt(tokenOf(n), "%s must be a list", what)
	}
	return s.Values, nil
}

// yamlScalar is the text of a scalar as it is written.
func yamlScalar(n any, what string) (string, error) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, nil
	case *ast.LiteralNode:
		return s.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return s.(ast.Node).GetToken().Value, nil
	}
	node, _ := n.(ast.Node)
	return "", yamlErrorAt(tokenOf(node), "%s must be a text, a number or a boolean", what)
}

// yamlName is a scalar that becomes an id.
func yamlName(n ast.Node, what string) (string, error) {
	name, err := yamlScalar(n, what)
	if err == nil && !isName(name) {
		err = yamlErrorAt(tokenOf(n), "%s '%s' cannot be an id: %s", what, name, nameRule)
	}
	return name, err
}

func tokenOf(n ast.Node) *token.Token {
	if n == nil {
		return nil
	}
	return n.GetToken()
}

package bpmn

import (
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

func (w *workflow) readTasks(n ast.Node) error {
	items, err := yamlItems(n, "tasks")
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return yamlErrorAt(tokenOf(n), "tasks is empty: a workflow has at least one task")
	}
	for _, item := range items {
		t, err := readTask(item)
		if err != nil {
			return err
		}
		w.tasks = append(w.tasks, t)
	}
	return nil
}

func readTask(n ast.Node) (*yamlTask, error) {
	entries, err := yamlEntries(n, "a task", "id", "type", "retries", "headers", "inputs", "outputs", "goto", "end", "switch")
	if err != nil {
		return nil, err
	}
	t := &yamlTask{retries: defaultRetries}
	if at := tokenOf(n); at != nil {
		t.line = at.Position.Line
	}
	for _, e := range entries {
		if err := t.set(e); err != nil {
			return nil, err
		}
	}
	if t.id == "" {
		return nil, yamlErrorAt(tokenOf(n), "the task has no id")
	}
	if t.jobType == "" {
		return nil, yamlErrorAt(tokenOf(n), "task '%s' has no type: the type of its job", t.id)
	}
	return t, nil
}

func (t *yamlTask) set(e yamlEntry) (err error) {
	switch e.key {
	case "id":
		t.at = tokenOf(e.value)
		t.id, err = yamlName(e.value, "id")
	case "type":
		t.jobType, err = yamlScalar(e.value, "type")
	case "retries":
		t.retries, err = yamlScalar(e.value, "retries")
	case "headers":
		t.headers, err = readHeaders(e.value)
	case "inputs":
		t.inputs, err = readMappings(e.value, "inputs")
	case "outputs":
		t.outputs, err = readMappings(e.value, "outputs")
	case "goto":
		t.next, err = readRef(e.value, "goto")
	case "end":
		t.end, err = readBool(e.value)
	case "switch":
		err = t.readSwitch(e.value)
	}
	return err
}

func readRef(n ast.Node, what string) (*yamlRef, error) {
	id, err := yamlName(n, what)
	return &yamlRef{id: id, at: tokenOf(n)}, err
}

func readBool(n ast.Node) (bool, error) {
	text, err := yamlScalar(n, "end")
	if err != nil {
		return false, err
	}
	v, err := strconv.ParseBool(text)
	if err != nil {
		return false, yamlErrorAt(tokenOf(n), "end must be true or false")
	}
	return v, nil
}

func readHeaders(n ast.Node) ([]Header, error) {
	entries, err := yamlEntries(n, "headers")
	if err != nil {
		return nil, err
	}
	var headers []Header
	for _, e := range entries {
		value, err := yamlScalar(e.value, "a header")
		if err != nil {
			return nil, err
		}
		headers = append(headers, Header{Key: e.key, Value: value})
	}
	return headers, nil
}

func readMappings(n ast.Node, what string) ([]yamlMapping, error) {
	items, err := yamlItems(n, what)
	if err != nil {
		return nil, err
	}
	var mappings []yamlMapping
	for _, item := range items {
		entries, err := yamlEntries(item, "a mapping", "source", "target")
		if err != nil {
			return nil, err
		}
		m := yamlMapping{line: tokenOf(item).Position.Line}
		for _, e := range entries {
			text, err := yamlScalar(e.value, e.key)
			if err != nil {
				return nil, err
			}
			if e.key == "source" {
				m.source = formulaText(text)
			} else {
				m.target = text
			}
		}
		if m.source == "" || m.target == "" {
			return nil, yamlErrorAt(tokenOf(item), "a mapping needs source and target")
		}
		mappings = append(mappings, m)
	}
	return mappings, nil
}

func (t *yamlTask) readSwitch(n ast.Node) error {
	items, err := yamlItems(n, "switch")
	if err != nil {
		return err
	}
	for _, item := range items {
		entries, err := yamlEntries(item, "an entry of switch", "case", "goto", "default")
		if err != nil {
			return err
		}
		c := yamlCase{line: tokenOf(item).Position.Line}
		for _, e := range entries {
			switch e.key {
			case "case":
				c.condition, err = yamlScalar(e.value, "case")
				c.condition = formulaText(c.condition)
			case "goto":
				c.next, err = readRef(e.value, "goto")
			case "default":
				if t.otherwise != nil {
					return yamlErrorAt(e.at, "a switch has one default")
				}
				t.otherwise, err = readRef(e.value, "default")
			}
			if err != nil {
				return err
			}
		}
		switch {
		case c.condition != "" && c.next != nil:
			t.cases = append(t.cases, c)
		case c.condition != "" || c.next != nil:
			return yamlErrorAt(tokenOf(item), "case and goto belong together")
		}
	}
	if len(t.cases) == 0 {
		return yamlErrorAt(tokenOf(n), "a switch needs at least one case with a goto")
	}
	return nil
}

// formulaText makes an expression of a text: in YAML workflows the leading '='
// is implied.
func formulaText(text string) string {
	if text == "" || strings.HasPrefix(text, "=") {
		return text
	}
	return "=" + text
}

package element

import (
	"strings"

	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/feel"
	"github.com/payhub/payhub/engine/record"
)

// mappingResult is what a list of mappings builds, in the order in which its names first appear.
type mappingResult struct {
	names  []string
	values []feel.Value
}

func (m *mappingResult) get(name string) (feel.Value, bool) {
	for i, n := range m.names {
		if n == name {
			return m.values[i], true
		}
	}
	return feel.Value{}, false
}

func (m *mappingResult) set(name string, value feel.Value) {
	for i, n := range m.names {
		if n == name {
			m.values[i] = value
			return
		}
	}
	m.names, m.values = append(m.names, name), append(m.values, value)
}

// document gives the result as variables without keys.
func (m *mappingResult) document() record.Document {
	var b record.Builder
	for i, name := range m.names {
		b.Add(name, 0, m.values[i].AppendJSON(nil))
	}
	return b.Document()
}

// put sets the value at a path. What is there already is kept beside it where it is a context.
func put(root feel.Value, path []string, value feel.Value) feel.Value {
	if len(path) == 0 {
		return value
	}
	var entries []feel.Entry
	if c, ok := root.AsContext(); ok {
		entries = append(entries, c.Entries()...)
	}
	for i := range entries {
		if entries[i].Key == path[0] {
			entries[i].Value = put(entries[i].Value, path[1:], value)
			return feel.NewContext(entries...)
		}
	}
	return feel.NewContext(append(entries, feel.Entry{Key: path[0], Value: put(feel.Value{}, path[1:], value)})...)
}

// mapAll evaluates mappings in their order: a later source sees the targets of earlier ones. A
// dotted target builds a context; with merge it starts from the variable that is there, which
// keeps its other entries.
func (x *Execution) mapAll(mappings []bpmn.Mapping, merge bool) (record.Document, *Failure) {
	result := &mappingResult{}
	scope := variableScope{view: x.View, scope: x.Key, over: result}
	for _, m := range mappings {
		var value feel.Value
		if m.Source != nil {
			var failure *Failure
			if value, failure = eval(x.Step, m.Source, scope); failure != nil {
				return nil, mappingFailure(failure, mappings, m.Source)
			}
		}
		name := m.Target[0]
		root, known := result.get(name)
		if !known && merge && len(m.Target) > 1 {
			if raw, ok := x.View.Variable(x.Value.FlowScopeKey, name); ok {
				root = feel.FromValidJSON(raw)
			}
		}
		result.set(name, put(root, m.Target[1:], value))
	}
	return result.document(), nil
}

// mappingFailure words the failure of one mapping as Zeebe does, which evaluates all mappings of an
// element as one expression.
func mappingFailure(f *Failure, mappings []bpmn.Mapping, failed *feel.Expression) *Failure {
	parts := make([]string, 0, len(mappings))
	for _, m := range mappings {
		source := "null"
		if m.Source != nil {
			source = m.Source.Source()
		}
		parts = append(parts, strings.Join(m.Target, ".")+":"+source)
	}
	whole := "{" + strings.Join(parts, ",") + "}"
	return &Failure{
		Type:    record.ErrorTypeIOMapping,
		Message: strings.Replace(f.Message, "'"+failed.Source()+"'", "'"+whole+"'", 1),
	}
}

// mapInputs makes the element's local variables.
func (x *Execution) mapInputs() *Failure {
	if len(x.Element.Inputs) == 0 {
		return nil
	}
	doc, failure := x.mapAll(x.Element.Inputs, false)
	if failure == nil {
		x.setLocal(x.Key, doc)
	}
	return failure
}

// mapOutputs takes what the element brought (its event's or job's variables, if it has any) out
// of it: through its output mappings, or all of it if it has none.
func (x *Execution) mapOutputs() *Failure {
	var brought record.Document
	if event := x.View.ProcessEvent(x.Key); event != nil && !isBoundaryOf(x.Element, event.TargetElementID) {
		brought = event.Variables
		x.Emit(event.Key, record.ProcessEventTriggered, &event.ProcessEvent)
	}
	if len(x.Element.Outputs) > 0 {
		x.setLocal(x.Key, brought)
		doc, failure := x.mapAll(x.Element.Outputs, true)
		if failure == nil {
			x.propagate(x.Value.FlowScopeKey, doc)
		}
		return failure
	}
	x.propagate(x.Key, brought)
	return nil
}

// isBoundaryOf tells whether the id is that of a boundary event of the element.
func isBoundaryOf(e *bpmn.Element, id string) bool {
	for _, b := range e.Boundary {
		if b.ID == id {
			return true
		}
	}
	return false
}

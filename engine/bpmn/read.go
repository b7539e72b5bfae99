package bpmn

import (
	"path"
	"strings"
)

// Read reads a BPMN model or, by the suffix .yaml or .yml of its name, a YAML
// workflow. The error is a *ValidationError with everything that is wrong, or
// an *UnknownResourceError for a suffix that means something else.
func Read(resourceName string, resource []byte) (*Resource, error) {
	var doc *node
	var err error
	switch strings.ToLower(path.Ext(resourceName)) {
	case ".bpmn", ".xml":
		doc, err = parseXML(resource)
	case ".yaml", ".yml":
		doc, err = parseYAML(resource)
	default:
		return nil, &UnknownResourceError{resourceName}
	}
	if err != nil {
		return nil, &ValidationError{Resource: resourceName, Syntax: err}
	}
	m, err := newModel(doc)
	if err != nil {
		return nil, &ValidationError{Resource: resourceName, Syntax: err}
	}
	if findings := m.check(); len(findings) > 0 {
		return nil, &ValidationError{Resource: resourceName, Findings: findings}
	}
	r := &Resource{Name: resourceName}
	refused := &ValidationError{Resource: resourceName}
	for _, n := range m.processes {
		p, err := buildProcess(m, n)
		if err != nil {
			return nil, &ValidationError{Resource: resourceName, Syntax: err}
		}
		if loop := straightThroughLoop(p); loop != nil {
			refused.Loops = append(refused.Loops, Finding{Element: p.ID, Text: loopText(loop)})
		}
		r.Processes = append(r.Processes, p)
	}
	if refused.Loops != nil {
		return nil, refused
	}
	return r, nil
}

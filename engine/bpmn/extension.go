package bpmn

import "regexp"

// checkExtension applies the rules of one zeebe element, wherever it stands:
// Zeebe looks at them also where they mean nothing.
func (m *model) checkExtension(n *node) {
	switch n.name {
	case "taskDefinition":
		m.required(n, "type")
		m.parses(n, n.value("retries"))
	case "taskHeaders":
		checkHeaders(m, n)
	case "calledElement":
		checkCalledElement(m, n)
	case "subscription":
		m.requiredFormula(n, "correlationKey")
	case "input":
		m.parses(n, n.value("source"))
		m.checkTarget(n)
	case "output":
		m.requiredFormula(n, "source")
		m.checkTarget(n)
	case "executionListeners", "linkedResources":
		m.fail(n, notYet, "Elements of type 'zeebe:"+n.name+"'")
	}
}

func (m *model) requiredFormula(n *node, attr string) {
	if n.value(attr) == "" {
		m.fail(n, noExpression)
		return
	}
	m.formula(n, n.value(attr))
}

func checkHeaders(m *model, n *node) {
	seen := map[string]bool{}
	for _, h := range n.childrenNamed(zeebeNamespace, "header") {
		key := h.value("key")
		if key != "" && seen[key] {
			m.fail(n, "Headers contain duplicate entries for key '%s'", key)
			return
		}
		seen[key] = true
	}
}

func checkCalledElement(m *model, n *node) {
	m.required(n, "processId")
	binding, found := n.attr("bindingType")
	tag := n.value("versionTag")
	switch {
	case found && binding != "deployment" && binding != "latest" && binding != "versionTag":
		m.fail(n, "Attribute 'bindingType' must be one of: deployment, latest, versionTag")
	case binding == "versionTag" && tag == "":
		m.fail(n, "Attribute 'versionTag' must be present and not empty if 'bindingType' is 'versionTag'")
	case binding != "versionTag" && tag != "":
		m.fail(n, "Attribute 'versionTag' may only be used if 'bindingType' is 'versionTag'")
	}
}

// targetPattern is a dotted path of names.
const targetPattern = `[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)*`

var targetPath = regexp.MustCompile(`^` + targetPattern + `$`)

// checkTarget applies the rules for the target of a mapping.
func (m *model) checkTarget(n *node) {
	target := n.value("target")
	switch {
	case target == "":
		m.fail(n, "Expected path expression but not found.")
	case !targetPath.MatchString(target):
		m.fail(n, "Expected path expression '%s' but doesn't match the pattern '%s'.", target, targetPattern)
	case isReserved(target):
		m.fail(n, "Expected path expression '%s' but is one of the reserved words (null, true, false, function, if, then, else, for, between, instance, of).", target)
	}
}

func isReserved(word string) bool {
	switch word {
	case "null", "true", "false", "function", "if", "then", "else", "for", "between", "instance", "of":
		return true
	}
	return false
}

package bpmn

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Finding is one reason why a model is refused.
type Finding struct {
	// Element names the place as Zeebe does: the id of the nearest element that
	// has one, and the way down from there: "task > extensionElements > ioMapping".
	Element string
	// Text says what is wrong.
	Text string

	seq int
}

// ValidationError holds everything that is wrong with one resource.
type ValidationError struct {
	// Resource is the name of the file.
	Resource string
	// Findings are in document order; several of one element stand together.
	Findings []Finding
	// Loops are the straight-through processing loops, one per process at most;
	// they are looked for in models without findings.
	Loops []Finding
	// Syntax is set when the document could not be read at all.
	Syntax error
}

// Error is the text Zeebe has for the resource: its quoted name, per element a
// line "- Element: id", per finding an indented line "- ERROR: text".
func (e *ValidationError) Error() string {
	if e.Syntax != nil {
		return "'" + e.Resource + "': " + e.Syntax.Error()
	}
	var blocks []string
	if len(e.Findings) > 0 {
		var b strings.Builder
		b.WriteString("'" + e.Resource + "': ")
		writeFindings(&b, e.Findings)
		blocks = append(blocks, b.String())
	}
	for _, loop := range e.Loops {
		blocks = append(blocks, "`"+e.Resource+"`: - Process: "+loop.Element+"\n    - ERROR: "+loop.Text+"\n")
	}
	return strings.Join(blocks, "")
}

// Unwrap gives the fault of the document, if that is the reason.
func (e *ValidationError) Unwrap() error { return e.Syntax }

// maxWritten bounds a text that travels in a rejection; nobody reads more.
const maxWritten = 1000

func writeFindings(b *strings.Builder, findings []Finding) {
	for i, f := range findings {
		if i == maxWritten {
			fmt.Fprintf(b, "- and %d more\n", len(findings)-i)
			return
		}
		if i == 0 || f.seq != findings[i-1].seq || f.Element != findings[i-1].Element {
			b.WriteString("- Element: " + f.Element + "\n")
		}
		b.WriteString("    - ERROR: " + f.Text + "\n")
	}
}

// DeploymentText joins the reasons of all refused resources of a deployment
// under Zeebe's header sentence: the reason of the rejection INVALID_ARGUMENT.
func DeploymentText(reasons ...error) string {
	var b strings.Builder
	b.WriteString("Expected to deploy new resources, but encountered the following errors:")
	for _, reason := range reasons {
		b.WriteString("\n" + reason.Error())
	}
	return b.String()
}

// DuplicateProcessError says that two resources of a deployment define a
// process with the same id.
type DuplicateProcessError struct {
	First, Second string
}

// Error is the text Zeebe has for it.
func (e *DuplicateProcessError) Error() string {
	return "Duplicated process id in resources '" + e.First + "' and '" + e.Second + "'"
}

// UnknownResourceError says that the suffix of a resource's name stands for no
// format that can be deployed.
type UnknownResourceError struct {
	Resource string
}

// Error is the text Zeebe has for it; it begins with an empty line.
func (e *UnknownResourceError) Error() string {
	return "\n'" + e.Resource + "': unknown resource type"
}

// MissingInDeployment checks that every call activity with binding "deployment"
// finds its process among the given ids; nil if so. Ids that are expressions
// are left to the running instance.
func MissingInDeployment(r *Resource, deployed []string) error {
	var findings []Finding
	for _, p := range r.Processes {
		for _, e := range p.Elements {
			if e.Called == nil || e.Called.Binding != BindingDeployment || !e.Called.ProcessID.IsStatic() {
				continue
			}
			if id := e.Called.ProcessID.Text(); !slices.Contains(deployed, id) {
				findings = append(findings, Finding{
					Element: e.ID + " > extensionElements > calledElement",
					Text:    "Expected to find process with id '" + id + "' in current deployment, but not found.",
				})
			}
		}
	}
	if findings == nil {
		return nil
	}
	return &bindingError{r.Name, findings}
}

// bindingError is worded apart: Zeebe begins a new line after the name here.
type bindingError struct {
	resource string
	findings []Finding
}

func (e *bindingError) Error() string {
	var b strings.Builder
	b.WriteString("'" + e.resource + "':\n")
	writeFindings(&b, e.findings)
	return b.String()
}

func sortFindings(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int { return cmp.Compare(a.seq, b.seq) })
}

package bpmn_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/payhub/payhub/engine/bpmn"
)

func TestDocumentsThatAreNoModels(t *testing.T) {
	deep := modelHead + strings.Repeat("<process>", 300)
	for _, c := range []struct{ name, document, want string }{
		{"nothing", "", "'m.bpmn': line 1: the document has no root element; a BPMN model starts with bpmn:definitions"},
		{"no XML", "hello", "'m.bpmn': line 1: the document has no root element; a BPMN model starts with bpmn:definitions"},
		{"another root", `<html/>`, `'m.bpmn': line 1: the document is no BPMN model: its root is <html> in namespace "", not <definitions> in "http://www.omg.org/spec/BPMN/20100524/MODEL"`},
		{"an open tag", modelHead + "\n<process>", "'m.bpmn': line 2: this is no well-formed XML: unexpected EOF"},
		{"two roots", modelHead + "</definitions>\n" + modelHead + "</definitions>", "'m.bpmn': line 2: there is something after the end of bpmn:definitions"},
		{"a document type", "<!DOCTYPE x [<!ENTITY a \"b\">]>" + modelHead + "</definitions>", "'m.bpmn': line 1: a document type definition is not allowed; remove <!DOCTYPE …>"},
		{"an entity", modelHead + "&bomb;</definitions>", "'m.bpmn': line 1: this is no well-formed XML: invalid character entity &bomb;"},
		{"deep nesting", deep, "'m.bpmn': line 1: elements are nested more than 200 deep"},
		{"too many bytes", strings.Repeat(" ", 9<<20), "'m.bpmn': line 1: the document has 9437184 bytes, the limit is 8388608"},
		{"another encoding", `<?xml version="1.0" encoding="UTF-16"?>` + modelHead + "</definitions>", "'m.bpmn': line 1: xml: opening charset \"UTF-16\": encoding UTF-16 is not supported; save the model as UTF-8"},
		{"the same id twice", modelHead + "\n<process id=\"a\"/>\n<message id=\"a\"/></definitions>", "'m.bpmn': line 3: id 'a' of <message> is already that of <process> in line 2; ids must be unique"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := bpmn.Read("m.bpmn", []byte(c.document))
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			var refused *bpmn.ValidationError
			if !errors.As(err, &refused) || refused.Unwrap() == nil {
				t.Errorf("%T says nothing of the document's fault", err)
			}
		})
	}
}

func TestWhatOthersPutIntoAModelIsLeftAlone(t *testing.T) {
	const model = "\xef\xbb\xbf" + `<?xml version="1.0" encoding="UTF-8"?>
<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:z="http://camunda.org/schema/zeebe/1.0" xmlns:modeler="http://camunda.org/schema/modeler/1.0" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" modeler:executionPlatform="Camunda Cloud">
  <!-- a comment --><b:collaboration id="c"><b:participant id="pa" processRef="p" /></b:collaboration>
  <b:process id="p" isExecutable="1" modeler:note="x"><b:documentation>words</b:documentation>
    <b:startEvent id="s" foo="bar"><b:extensionElements><z:properties><z:property name="a" value="b"/></z:properties><other:thing xmlns:other="urn:o"><z:taskDefinition/></other:thing></b:extensionElements></b:startEvent>
    <b:textAnnotation id="ta"><b:text>note</b:text></b:textAnnotation><b:association id="as" sourceRef="s" targetRef="ta" />
    <b:group id="gr" /><b:dataObjectReference id="dr" dataObjectRef="d" /><b:dataObject id="d" />
  </b:process>
  <bpmndi:BPMNDiagram id="s"><bpmndi:BPMNPlane bpmnElement="p"/></bpmndi:BPMNDiagram>
</b:definitions>`
	r, err := bpmn.Read("M.BPMN", []byte(model))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(r.Processes[0].Elements); got != 2 {
		t.Errorf("%d elements, want the process and its start event", got)
	}
}

func TestReadingIsDeterministic(t *testing.T) {
	for _, c := range readGolden(t) {
		first := c.read()
		for range 3 {
			if again := c.read(); again != first {
				t.Fatalf("%s: first\n%s\nthen\n%s", c.name, first, again)
			}
		}
	}
}

// Everything hangs on one node here: what is quadratic would be seen.
func TestCrowdedModelsAreReadQuickly(t *testing.T) {
	const many = 20_000
	var b strings.Builder
	b.WriteString(modelHead + `<process id="p" isExecutable="true"><startEvent id="s"/><exclusiveGateway id="x">`)
	for i := range many {
		fmt.Fprintf(&b, `<outgoing>f%d</outgoing>`, i)
	}
	b.WriteString(`</exclusiveGateway><eventBasedGateway id="g">`)
	for i := range many {
		fmt.Fprintf(&b, `<outgoing>g%d</outgoing>`, i)
	}
	b.WriteString(`</eventBasedGateway><intermediateCatchEvent id="c"><timerEventDefinition><timeDuration>PT1S</timeDuration></timerEventDefinition>`)
	for i := range many {
		fmt.Fprintf(&b, `<incoming>g%d</incoming>`, i)
	}
	b.WriteString(`</intermediateCatchEvent>`)
	for i := range many {
		fmt.Fprintf(&b, `<sequenceFlow id="f%d" sourceRef="x" targetRef="c"/><sequenceFlow id="g%d" sourceRef="g" targetRef="c"/>`, i, i)
		fmt.Fprintf(&b, `<boundaryEvent id="b%d" attachedToRef="t"><errorEventDefinition errorRef="e%d"/></boundaryEvent>`, i, i)
	}
	b.WriteString(`<task id="t"/></process>`)
	for i := range many {
		fmt.Fprintf(&b, `<error id="e%d" errorCode="E%d"/>`, i, i)
	}
	b.WriteString("</definitions>")
	_, err := bpmn.Read("crowded.bpmn", []byte(b.String()))
	var refused *bpmn.ValidationError
	if !errors.As(err, &refused) || len(refused.Findings) != many {
		t.Fatalf("want a finding for each of the %d flows of the exclusive gateway", many)
	}
	if text := err.Error(); !strings.HasSuffix(text, "- and 19000 more\n") {
		t.Errorf("the text has %d bytes", len(text))
	}
}

// A large model must take time in proportion to its size.
func TestLargeModelsAreReadQuickly(t *testing.T) {
	var b strings.Builder
	b.WriteString(modelHead + `<process id="p" isExecutable="true"><startEvent id="s"/>`)
	const tasks = 20_000
	for i := range tasks {
		fmt.Fprintf(&b, `<task id="t%d"/><sequenceFlow id="f%d" sourceRef="t%d" targetRef="t%d"/>`, i, i, i, i+1)
	}
	fmt.Fprintf(&b, `<task id="t%d"/></process></definitions>`, tasks)
	r, err := bpmn.Read("large.bpmn", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(r.Processes[0].Elements); got != tasks+3 {
		t.Errorf("%d elements", got)
	}
}

func FuzzReadBPMN(f *testing.F) {
	for _, c := range readGolden(f) {
		f.Add([]byte(modelHead + c.model + "</definitions>"))
	}
	if files, err := filepath.Glob(filepath.Join(corpus, "*.bpmn")); err == nil {
		for _, file := range files {
			if model, err := os.ReadFile(file); err == nil {
				f.Add(model)
			}
		}
	}
	f.Fuzz(func(t *testing.T, model []byte) {
		r, err := bpmn.Read("fuzz.bpmn", model)
		if err == nil {
			checkGraph(t, r)
			return
		}
		if err.Error() == "" {
			t.Error("refused without a word")
		}
	})
}

// checkGraph checks what every graph keeps.
func checkGraph(t testing.TB, r *bpmn.Resource) {
	for _, p := range r.Processes {
		for i, e := range p.Elements {
			if e.Index != i || i > 0 && e.Parent == nil {
				t.Errorf("element %d %s: index %d, parent %v", i, e.ID, e.Index, e.Parent)
			}
			if e.Type == bpmn.SubProcess && e.NoneStart == nil {
				t.Errorf("sub-process %s has no start", e.ID)
			}
			if e.Type == bpmn.BoundaryEvent && e.AttachedTo == nil {
				t.Errorf("boundary event %s is attached to nothing", e.ID)
			}
			if e.Event == bpmn.EventTimer && e.Timer == nil || e.Event == bpmn.EventMessage && e.Message == nil {
				t.Errorf("event %s waits for nothing", e.ID)
			}
		}
		for i, f := range p.Flows {
			if f.Index != i || f.Source == nil || f.Target == nil || f.Source.Parent != f.Target.Parent {
				t.Errorf("flow %d %s: index %d from %v to %v", i, f.ID, f.Index, f.Source, f.Target)
			}
		}
	}
}

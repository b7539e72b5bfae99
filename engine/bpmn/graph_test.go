package bpmn_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/feel"
)

func read(t testing.TB, model string) *bpmn.Process {
	t.Helper()
	r, err := bpmn.Read("model.bpmn", []byte(modelHead+model+"</definitions>"))
	if err != nil {
		t.Fatal(err)
	}
	return r.Processes[0]
}

func text(e *feel.Expression) string {
	if e == nil {
		return "-"
	}
	return e.Text()
}

// describe writes a process one element a line, so that a test can show the
// graph it expects.
func describe(p *bpmn.Process) string {
	var out strings.Builder
	for i, e := range p.Elements {
		fmt.Fprintf(&out, "%d %s %s", i, e.ID, e.Type)
		if e.Event != bpmn.EventUnspecified {
			fmt.Fprintf(&out, " %s", e.Event)
		}
		if e.Parent != nil {
			fmt.Fprintf(&out, " in %s", e.Parent.ID)
		}
		if e.NoneStart != nil {
			fmt.Fprintf(&out, " starts at %s", e.NoneStart.ID)
		}
		for _, b := range e.Boundary {
			fmt.Fprintf(&out, " has %s", b.ID)
		}
		if e.AttachedTo != nil {
			fmt.Fprintf(&out, " on %s interrupting=%t", e.AttachedTo.ID, e.Interrupting)
		}
		for _, f := range e.Outgoing {
			fmt.Fprintf(&out, " -%s[%s]-> %s", f.ID, text(f.Condition), f.Target.ID)
			if f == e.Default {
				out.WriteString(" (default)")
			}
		}
		for _, t := range e.EventTargets {
			fmt.Fprintf(&out, " waits at %s", t.ID)
		}
		describeDetails(&out, e)
		out.WriteString("\n")
	}
	return out.String()
}

func describeDetails(b *strings.Builder, e *bpmn.Element) {
	if t := e.Task; t != nil {
		fmt.Fprintf(b, " job %s retries %s %v", t.Type.Text(), t.Retries.Text(), t.Headers)
	}
	if m := e.Message; m != nil {
		fmt.Fprintf(b, " message %s %s key %s", m.ID, m.Name.Text(), text(m.CorrelationKey))
	}
	if t := e.Timer; t != nil {
		fmt.Fprintf(b, " %s %s", t.Kind, t.Expr.Text())
	}
	if r := e.Error; r != nil {
		fmt.Fprintf(b, " error %s %s", r.ID, text(r.Code))
	}
	if c := e.Called; c != nil {
		fmt.Fprintf(b, " calls %s child=%t parent=%t binding=%d %s", c.ProcessID.Text(), c.PropagateAllChildVariables, c.PropagateAllParentVariables, c.Binding, c.VersionTag)
	}
	for _, m := range e.Inputs {
		fmt.Fprintf(b, " in %s=%s", strings.Join(m.Target, "."), text(m.Source))
	}
	for _, m := range e.Outputs {
		fmt.Fprintf(b, " out %s=%s", strings.Join(m.Target, "."), text(m.Source))
	}
}

func TestAModelBecomesAGraph(t *testing.T) {
	for _, c := range []struct{ name, model, want string }{
		{
			"elements are numbered in document order, those of a sub-process after it",
			`<process id="p" name="P" isExecutable="true"><startEvent id="s"/><subProcess id="sub"><startEvent id="i"/><manualTask id="m"/></subProcess><task id="t"/></process>`,
			"0 p PROCESS starts at s\n1 s START_EVENT NONE in p\n2 sub SUB_PROCESS in p starts at i\n3 i START_EVENT NONE in sub\n4 m MANUAL_TASK in sub\n5 t TASK in p\n",
		},
		{
			"flows stand in reverse order of the document, whatever the gateway lists",
			`<process id="p" isExecutable="true"><startEvent id="s"/><exclusiveGateway id="g" default="f1"><outgoing>f2</outgoing><outgoing>f1</outgoing></exclusiveGateway><sequenceFlow id="f2" sourceRef="g" targetRef="b"><conditionExpression> =x &gt; 1 </conditionExpression></sequenceFlow><sequenceFlow id="f1" sourceRef="g" targetRef="a"/><endEvent id="a"/><endEvent id="b"/></process>`,
			"0 p PROCESS starts at s\n1 s START_EVENT NONE in p\n2 g EXCLUSIVE_GATEWAY in p -f1[-]-> a (default) -f2[=x > 1]-> b\n3 a END_EVENT NONE in p\n4 b END_EVENT NONE in p\n",
		},
		{
			"a service task has a job with three retries unless said otherwise, headers without key or value are left out",
			`<process id="p" isExecutable="true"><startEvent id="s"/><serviceTask id="t"><extensionElements><zeebe:taskDefinition type="=&quot;a&quot;"/><zeebe:taskHeaders><zeebe:header key="b" value="1"/><zeebe:header key="a" value="2"/><zeebe:header key="c"/></zeebe:taskHeaders><zeebe:ioMapping><zeebe:output source="=x" target="o.p"/><zeebe:input source="y" target="i"/><zeebe:input target="n"/></zeebe:ioMapping></extensionElements></serviceTask><serviceTask id="u"><extensionElements><zeebe:taskDefinition type="b" retries="0"/></extensionElements></serviceTask></process>`,
			"0 p PROCESS starts at s\n1 s START_EVENT NONE in p\n2 t SERVICE_TASK in p job =\"a\" retries 3 [{b 1} {a 2}] in i=y in n=- out o.p==x\n3 u SERVICE_TASK in p job b retries 0 []\n",
		},
		{
			"messages, wherever they are defined",
			`<message id="m" name="go"><extensionElements><zeebe:subscription correlationKey="=k"/></extensionElements></message><process id="p" isExecutable="true"><startEvent id="s"><messageEventDefinition messageRef="n"/></startEvent><receiveTask id="r" messageRef="m"><extensionElements><zeebe:taskDefinition type="leftover"/></extensionElements></receiveTask><intermediateCatchEvent id="c"><messageEventDefinition messageRef="m"/></intermediateCatchEvent></process><message id="n" name="begin"/>`,
			"0 p PROCESS\n1 s START_EVENT MESSAGE in p message n begin key -\n2 r RECEIVE_TASK in p message m go key =k\n3 c INTERMEDIATE_CATCH_EVENT MESSAGE in p message m go key =k\n",
		},
		{
			"boundary events, in reverse order of the document",
			`<process id="p" isExecutable="true"><boundaryEvent id="b1" attachedToRef="t"><timerEventDefinition><timeDuration>PT1S</timeDuration></timerEventDefinition></boundaryEvent><startEvent id="s"/><manualTask id="t"/><boundaryEvent id="b2" cancelActivity="false" attachedToRef="t"><timerEventDefinition><timeCycle>R/PT1M</timeCycle></timerEventDefinition></boundaryEvent><boundaryEvent id="b3" attachedToRef="t"><errorEventDefinition errorRef="e"/></boundaryEvent><boundaryEvent id="b4" attachedToRef="t"><errorEventDefinition/></boundaryEvent><endEvent id="x"><errorEventDefinition errorRef="e"/></endEvent></process><error id="e" errorCode="E1"/>`,
			"0 p PROCESS starts at s\n1 b1 BOUNDARY_EVENT TIMER in p on t interrupting=true duration PT1S\n2 s START_EVENT NONE in p\n3 t MANUAL_TASK in p has b4 has b3 has b2 has b1\n4 b2 BOUNDARY_EVENT TIMER in p on t interrupting=false cycle R/PT1M\n5 b3 BOUNDARY_EVENT ERROR in p on t interrupting=true error e E1\n6 b4 BOUNDARY_EVENT ERROR in p on t interrupting=true error  -\n7 x END_EVENT ERROR in p error e E1\n",
		},
		{
			"an event-based gateway waits at the events behind it",
			`<process id="p" isExecutable="true"><startEvent id="s"/><eventBasedGateway id="g"><outgoing>f1</outgoing><outgoing>f2</outgoing></eventBasedGateway><intermediateCatchEvent id="a"><timerEventDefinition><timeDate>=d</timeDate></timerEventDefinition></intermediateCatchEvent><intermediateCatchEvent id="b"><timerEventDefinition><timeDuration>=x</timeDuration></timerEventDefinition></intermediateCatchEvent><sequenceFlow id="f2" sourceRef="g" targetRef="b"/><sequenceFlow id="f1" sourceRef="g" targetRef="a"/></process>`,
			"0 p PROCESS starts at s\n1 s START_EVENT NONE in p\n2 g EVENT_BASED_GATEWAY in p -f1[-]-> a -f2[-]-> b waits at a waits at b\n3 a INTERMEDIATE_CATCH_EVENT TIMER in p date =d\n4 b INTERMEDIATE_CATCH_EVENT TIMER in p duration =x\n",
		},
		{
			"call activities propagate everything unless told not to",
			`<process id="p" isExecutable="true"><startEvent id="s"/><callActivity id="a"><extensionElements><zeebe:calledElement processId="q"/></extensionElements></callActivity><callActivity id="b"><extensionElements><zeebe:calledElement processId="=q" propagateAllChildVariables="false" propagateAllParentVariables="false" bindingType="versionTag" versionTag="v1"/></extensionElements></callActivity></process>`,
			"0 p PROCESS starts at s\n1 s START_EVENT NONE in p\n2 a CALL_ACTIVITY in p calls q child=true parent=true binding=0 \n3 b CALL_ACTIVITY in p calls =q child=false parent=false binding=2 v1\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, describe(read(t, c.model))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAProcessFindsItsParts(t *testing.T) {
	p := read(t, `<process id="p" name="Pay" isExecutable="true"><extensionElements><zeebe:versionTag value="v7"/></extensionElements><startEvent id="s"/><sequenceFlow id="f" name="go" sourceRef="s" targetRef="e"/><endEvent id="e" name="End"/></process>`)
	if p.ID != "p" || p.Name != "Pay" || p.VersionTag != "v7" || p.Root().Name != "Pay" {
		t.Errorf("process is %q %q %q", p.ID, p.Name, p.VersionTag)
	}
	if p.Element("e").Name != "End" || p.ElementAt(2) != p.Element("e") || p.Flow("f").Target != p.Element("e") || p.Flow("f").Name != "go" {
		t.Error("end event or flow is not found")
	}
	if p.Element("nope") != nil || p.ElementAt(-1) != nil || p.ElementAt(99) != nil || p.Flow("s") != nil {
		t.Error("found what is not there")
	}
	if e := p.Element("e"); len(e.Incoming) != 1 || e.Incoming[0] != p.Flow("f") {
		t.Error("the end event does not know its incoming flow")
	}
}

func TestTypeNamesAreZeebes(t *testing.T) {
	for i := bpmn.Unspecified; i <= bpmn.SendTask; i++ {
		if bpmn.ElementTypeOf(i.String()) != i {
			t.Errorf("%d is %s, which is %d", i, i, bpmn.ElementTypeOf(i.String()))
		}
	}
	for i := bpmn.EventUnspecified; i <= bpmn.EventConditional; i++ {
		if bpmn.EventTypeOf(i.String()) != i {
			t.Errorf("%d is %s, which is %d", i, i, bpmn.EventTypeOf(i.String()))
		}
	}
	if bpmn.ElementTypeOf("nope") != bpmn.Unspecified || bpmn.EventTypeOf("nope") != bpmn.EventUnspecified {
		t.Error("an unknown name is not UNSPECIFIED")
	}
	if bpmn.ElementType(200).String() != "UNSPECIFIED" || bpmn.EventType(200).String() != "UNSPECIFIED" {
		t.Error("a value out of range is not UNSPECIFIED")
	}
}

// The corpus is not part of the project; see testdata/corpus.txt for what
// Zeebe says to the two of its thirty files that it refuses.
const corpus = "../../../shared/corpora/payment-hub-ee-flows"

func TestPublishedFlowsAreReadAsByZeebe(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus, "*.bpmn"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("the published flows are absent: no .bpmn file in " + corpus)
	}
	content, err := os.ReadFile("testdata/corpus.txt")
	if err != nil {
		t.Fatal(err)
	}
	refused := strings.Split(string(content), "\n\n")
	elements, flows := 0, 0
	for _, file := range files {
		model, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		want := "OK"
		for _, text := range refused {
			if strings.HasPrefix(text, "'"+name+"'") {
				want = strings.TrimSpace(text)
			}
		}
		r, err := bpmn.Read(name, model)
		got := "OK"
		if err != nil {
			got = strings.TrimSpace(err.Error())
		} else {
			elements += len(r.Processes[0].Elements)
			flows += len(r.Processes[0].Flows)
		}
		if normalised(got) != normalised(want) {
			t.Errorf("%s: %s", name, cmp.Diff(want, got))
		}
	}
	t.Logf("%d files, %d elements, %d flows", len(files), elements, flows)
}

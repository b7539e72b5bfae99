package bpmn_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/payhub/payhub/engine/bpmn"
)

func TestWorkflowsBecomeTheSameGraph(t *testing.T) {
	for _, c := range []struct{ name, workflow, want string }{
		{
			"tasks follow each other",
			"name: order\ntasks:\n  - id: collect\n    type: collect-money\n  - id: ship\n    type: ship-parcel\n",
			`0 order PROCESS starts at start
1 start START_EVENT NONE in order -flow-start-collect[-]-> collect
2 collect SERVICE_TASK in order -flow-collect-ship[-]-> ship job collect-money retries 3 []
3 ship SERVICE_TASK in order -flow-ship-end-ship[-]-> end-ship job ship-parcel retries 3 []
4 end-ship END_EVENT NONE in order
`,
		},
		{
			"a task with everything",
			"name: n\ntasks:\n- id: a\n  type: t\n  retries: 5\n  headers:\n    url: http://x\n    times: 3\n  inputs:\n  - source: order.id\n    target: id\n  outputs:\n  - {source: '= result', target: a.b}\n",
			`0 n PROCESS starts at start
1 start START_EVENT NONE in n -flow-start-a[-]-> a
2 a SERVICE_TASK in n -flow-a-end-a[-]-> end-a job t retries 5 [{url http://x} {times 3}] in id==order.id out a.b== result
3 end-a END_EVENT NONE in n
`,
		},
		{
			"a switch splits, goto and end lead elsewhere, ways join without a gateway",
			"name: n\ntasks:\n- id: a\n  type: t\n  switch:\n  - case: x > 1\n    goto: c\n  - case: x < 0\n    goto: a\n  - default: b\n- id: b\n  type: t\n  end: true\n- id: c\n  type: t\n  goto: b\n",
			`0 n PROCESS starts at start
1 start START_EVENT NONE in n -flow-start-a[-]-> a
2 a SERVICE_TASK in n -flow-a-split-a[-]-> split-a job t retries 3 []
3 b SERVICE_TASK in n -flow-b-end-b[-]-> end-b job t retries 3 []
4 c SERVICE_TASK in n -flow-c-b[-]-> b job t retries 3 []
5 split-a EXCLUSIVE_GATEWAY in n -flow-split-a-c[=x > 1]-> c -flow-split-a-a[=x < 0]-> a -flow-split-a-b[-]-> b (default)
6 end-b END_EVENT NONE in n
`,
		},
		{
			"ids of tasks win over made ones",
			"name: start\ntasks:\n- {id: start-2, type: t, goto: end-start-2}\n- {id: end-start-2, type: t}\n",
			`0 start PROCESS starts at start-3
1 start-3 START_EVENT NONE in start -flow-start-3-start-2[-]-> start-2
2 start-2 SERVICE_TASK in start -flow-start-2-end-start-2[-]-> end-start-2 job t retries 3 []
3 end-start-2 SERVICE_TASK in start -flow-end-start-2-end-end-start-2[-]-> end-end-start-2 job t retries 3 []
4 end-end-start-2 END_EVENT NONE in start
`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range []string{"w.yaml", "W.YML"} {
				r, err := bpmn.Read(name, []byte(c.workflow))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.want, describe(r.Processes[0])); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestFaultsOfWorkflowsHaveAPlace(t *testing.T) {
	const task = "name: n\ntasks:\n- id: a\n  type: t\n"
	for _, c := range []struct{ workflow, want string }{
		{"", "line 1, column 1: a workflow is one YAML document with name and tasks"},
		{"- a\n", "line 1, column 1: a workflow must be a mapping of keys to values"},
		{"name: n\n", "line 1, column 5: tasks is missing: a workflow has at least one task"},
		{"tasks: [{id: a, type: t}]\n", "line 1, column 6: name is missing: it becomes the id of the process"},
		{"name: a b\ntasks: []\n", "line 1, column 7: name 'a b' cannot be an id: an id begins with a letter or _ and goes on with letters, digits, '.', '-' and '_'"},
		{"name: n\ntasks: []\n", "line 2, column 8: tasks is empty: a workflow has at least one task"},
		{"name: n\ntasks: t\n", "line 2, column 8: tasks must be a list"},
		{"name: n\nversion: 2\ntasks: []\n", "line 2, column 1: unknown key 'version'; a workflow has: name, tasks"},
		{"name: n\nname: m\ntasks: []\n", `line 2, column 1: this is no well-formed YAML: mapping key "name" already defined at [1:1]`},
		{"name: n\ntasks:\n- type: t\n", "line 3, column 7: the task has no id"},
		{"name: n\ntasks:\n- id: a\n", "line 3, column 5: task 'a' has no type: the type of its job"},
		{task + "  tipe: t\n", "line 5, column 3: unknown key 'tipe'; a task has: id, type, retries, headers, inputs, outputs, goto, end, switch"},
		{task + "  goto: b\n", "line 5, column 9: Expected to add task with id 'b', but no task of the workflow has it"},
		{task + "  end: maybe\n", "line 5, column 8: end must be true or false"},
		{task + "  headers: x\n", "line 5, column 12: headers must be a mapping of keys to values"},
		{task + "  headers:\n    a: [1]\n", "line 6, column 8: a header must be a text, a number or a boolean"},
		{task + "  inputs:\n  - source: x\n", "line 6, column 11: a mapping needs source and target"},
		{task + "  outputs:\n  - {source: x, target: y, scope: z}\n", "line 6, column 28: unknown key 'scope'; a mapping has: source, target"},
		{task + "  switch:\n  - default: a\n", "line 6, column 3: a switch needs at least one case with a goto"},
		{task + "  switch:\n  - case: x\n", "line 6, column 9: case and goto belong together"},
		{task + "  switch:\n  - {case: x, goto: a}\n  - default: a\n  - default: a\n", "line 8, column 5: a switch has one default"},
		{task + "  switch:\n  - {case: x, goto: z}\n", "line 6, column 21: Expected to add task with id 'z', but no task of the workflow has it"},
		{task + "- id: a\n  type: t\n", "line 5, column 7: task id 'a' is used twice; ids must be unique"},
		{"name: *x\ntasks: []\n", "line 1, column 7: name must be a text, a number or a boolean"},
		{"name: n\ntasks:\n\t- a\n", "line 3, column 1: this is no well-formed YAML: found character '\t' that cannot start any token"},
		{"name: " + strings.Repeat("[", 100), "line 1, column 71: nested more than 64 deep"},
		{"name: " + strings.Repeat("[\n", 100), "line 65, column 1: nested more than 64 deep"},
		{"tasks:\n" + strings.Repeat("- ", 100), "line 2, column 1: nested more than 64 deep"},
		{strings.Repeat(" ", 2<<20), "line 1, column 1: the workflow has 2097152 bytes, the limit is 262144"},
	} {
		_, err := bpmn.Read("w.yaml", []byte(c.workflow))
		if err == nil || err.Error() != "'w.yaml': "+c.want {
			t.Errorf("%.200q\n got %v\nwant 'w.yaml': %s", c.workflow, err, c.want)
		}
	}
}

func TestExpressionsOfWorkflowsAreCheckedAsInBPMN(t *testing.T) {
	_, err := bpmn.Read("w.yaml", []byte("name: n\ntasks:\n- id: a\n  type: t\n  inputs:\n  - {source: 'a +', target: 1x}\n  switch:\n  - {case: ')', goto: a}\n"))
	var refused *bpmn.ValidationError
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	var places []string
	for _, f := range refused.Findings {
		places = append(places, f.Element)
	}
	want := []string{"a > extensionElements > ioMapping > input", "a > extensionElements > ioMapping > input", "flow-split-a-a > conditionExpression"}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Errorf("%s%v", diff, err)
	}
}

const branching = `name: order
tasks:
- {id: collect, type: pay, headers: {a: "<&>"}}
- id: check
  type: check
  switch:
  - {case: total > 100, goto: insured}
  - {case: total < 0, goto: collect}
  - default: plain
- {id: insured, type: ship, end: true}
- {id: plain, type: ship, goto: check}
`

func TestAConvertedWorkflowIsTheSameProcess(t *testing.T) {
	model, err := bpmn.ConvertYAML([]byte(branching))
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/converted.bpmn"
	if *update {
		if err := os.WriteFile(golden, model, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(model)); diff != "" {
		t.Error(diff)
	}
	sameGraph(t, []byte(branching), model)
	checkDiagram(t, model)
}

func sameGraph(t testing.TB, workflow, model []byte) {
	t.Helper()
	direct, err := bpmn.Read("w.yaml", workflow)
	if err != nil {
		t.Fatal(err)
	}
	converted, err := bpmn.Read("w.bpmn", model)
	if err != nil {
		t.Fatalf("%v\n%s", err, model)
	}
	if diff := cmp.Diff(describe(direct.Processes[0]), describe(converted.Processes[0])); diff != "" {
		t.Error(diff)
	}
}

// checkDiagram checks that everything is drawn, nothing over something else,
// and that edges begin and end at the border of what they connect.
func checkDiagram(t testing.TB, model []byte) {
	t.Helper()
	type bounds struct {
		X, Y, Width, Height int `xml:",attr"`
	}
	type attrBounds struct {
		X      int `xml:"x,attr"`
		Y      int `xml:"y,attr"`
		Width  int `xml:"width,attr"`
		Height int `xml:"height,attr"`
	}
	var doc struct {
		Shapes []struct {
			Of     string     `xml:"bpmnElement,attr"`
			Bounds attrBounds `xml:"Bounds"`
		} `xml:"BPMNDiagram>BPMNPlane>BPMNShape"`
		Edges []struct {
			Of     string       `xml:"bpmnElement,attr"`
			Points []attrBounds `xml:"waypoint"`
		} `xml:"BPMNDiagram>BPMNPlane>BPMNEdge"`
	}
	if err := xml.Unmarshal(model, &doc); err != nil {
		t.Fatal(err)
	}
	r, err := bpmn.Read("w.bpmn", model)
	if err != nil {
		t.Fatal(err)
	}
	p := r.Processes[0]
	if len(doc.Shapes) != len(p.Elements)-1 || len(doc.Edges) != len(p.Flows) {
		t.Fatalf("%d shapes for %d elements, %d edges for %d flows", len(doc.Shapes), len(p.Elements)-1, len(doc.Edges), len(p.Flows))
	}
	at := map[string]bounds{}
	for i, s := range doc.Shapes {
		if p.Element(s.Of) == nil {
			t.Errorf("shape %s draws nothing", s.Of)
		}
		b := bounds(s.Bounds)
		for _, other := range doc.Shapes[:i] {
			o := bounds(other.Bounds)
			if b.X < o.X+o.Width && o.X < b.X+b.Width && b.Y < o.Y+o.Height && o.Y < b.Y+b.Height {
				t.Errorf("%s lies on %s", s.Of, other.Of)
			}
		}
		at[s.Of] = b
	}
	touches := func(b bounds, p attrBounds) bool {
		return p.X >= b.X && p.X <= b.X+b.Width && p.Y >= b.Y && p.Y <= b.Y+b.Height
	}
	for _, e := range doc.Edges {
		f := p.Flow(e.Of)
		if len(e.Points) < 2 || !touches(at[f.Source.ID], e.Points[0]) || !touches(at[f.Target.ID], e.Points[len(e.Points)-1]) {
			t.Errorf("edge %s does not lead from %s to %s: %v", e.Of, f.Source.ID, f.Target.ID, e.Points)
		}
	}
}

func TestEveryWorkflowConverts(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(r, "tasks")
		id := func(label string) string { return fmt.Sprintf("t%d", rapid.IntRange(0, n-1).Draw(r, label)) }
		var b strings.Builder
		b.WriteString("name: p\ntasks:\n")
		for i := range n {
			fmt.Fprintf(&b, "- id: t%d\n  type: job\n", i)
			switch rapid.IntRange(0, 4).Draw(r, "form") {
			case 0:
				b.WriteString("  end: true\n")
			case 1:
				b.WriteString("  goto: " + id("goto") + "\n")
			case 2:
				b.WriteString("  switch:\n  - {case: x, goto: " + id("case") + "}\n  - {default: " + id("default") + "}\n")
			case 3:
				b.WriteString("  switch:\n  - {case: x, goto: " + id("case") + "}\n  - {case: 'y < 1', goto: " + id("case") + "}\n")
			}
		}
		model, err := bpmn.ConvertYAML([]byte(b.String()))
		if err != nil {
			r.Fatalf("%v\n%s", err, b.String())
		}
		sameGraph(t, []byte(b.String()), model)
		checkDiagram(t, model)
		if t.Failed() {
			r.Fatal(b.String())
		}
	})
}

func FuzzReadYAML(f *testing.F) {
	f.Add([]byte(branching))
	f.Add([]byte("name: n\ntasks:\n- id: a\n  type: |\n    text\n  retries: 0x5\n  inputs: [{source: &a x, target: y}]\n"))
	f.Add([]byte("name: n\ntasks: [{id: a, type: t, headers: {1: 2, true: 3.5}}]\n---\nb: c\n"))
	f.Fuzz(func(t *testing.T, workflow []byte) {
		r, err := bpmn.Read("fuzz.yaml", workflow)
		if err != nil {
			if err.Error() == "" {
				t.Error("refused without a word")
			}
			return
		}
		checkGraph(t, r)
		if _, err := bpmn.ConvertYAML(workflow); err != nil {
			t.Errorf("can be deployed, but not converted: %v", err)
		}
	})
}

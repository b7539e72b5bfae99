package bpmn_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/payhub/payhub/engine/bpmn"
)

// A slow twin: follow every way from every task, without remembering any.
func TestLoopsAgreeWithASlowTwin(t *testing.T) {
	kinds := []string{"task", "manualTask", "exclusiveGateway", "parallelGateway", "serviceTask", "receiveTask"}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(t, "elements")
		kind := make([]string, n)
		var b strings.Builder
		b.WriteString(modelHead + `<process id="p" isExecutable="true"><startEvent id="s"/>`)
		for i := range n {
			kind[i] = rapid.SampledFrom(kinds).Draw(t, "kind")
			inside := ""
			if kind[i] == "serviceTask" {
				inside = `<extensionElements><zeebe:taskDefinition type="x"/></extensionElements>`
			}
			fmt.Fprintf(&b, `<%s id="e%d" messageRef="m">%s</%s>`, kind[i], i, inside, kind[i])
		}
		next := make([][]int, n)
		for i := range rapid.IntRange(0, 2*n).Draw(t, "flows") {
			from, to := rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to")
			next[from] = append(next[from], to)
			fmt.Fprintf(&b, `<sequenceFlow id="f%d" sourceRef="e%d" targetRef="e%d"/>`, i, from, to)
		}
		b.WriteString(`</process><message id="m" name="m"><extensionElements><zeebe:subscription correlationKey="=k"/></extensionElements></message></definitions>`)

		waits := func(i int) bool { return kind[i] == "serviceTask" || kind[i] == "receiveTask" }
		var reaches func(from, target, steps int) bool
		reaches = func(from, target, steps int) bool {
			for _, to := range next[from] {
				if !waits(to) && (to == target || steps > 1 && reaches(to, target, steps-1)) {
					return true
				}
			}
			return false
		}
		want := false
		for i := range n {
			want = want || (kind[i] == "task" || kind[i] == "manualTask") && reaches(i, i, n)
		}

		_, err := bpmn.Read("loop.bpmn", []byte(b.String()))
		var refused *bpmn.ValidationError
		if got := errors.As(err, &refused) && refused.Loops != nil; got != want || err != nil && !got {
			t.Fatalf("a loop is there: %t; read says: %v\n%s", want, err, b.String())
		}
		if want {
			checkLoop(t, refused.Loops[0].Text, next, kind)
		}
	})
}

// checkLoop checks that the loop of a text is one of the graph.
func checkLoop(t *rapid.T, text string, next [][]int, kind []string) {
	_, way, _ := strings.Cut(text, "loop: ")
	var steps []int
	for _, id := range strings.Split(way, " > ") {
		var i int
		if _, err := fmt.Sscanf(id, "e%d", &i); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, i)
	}
	if steps[0] != steps[len(steps)-1] || !strings.HasSuffix(strings.ToLower(kind[steps[0]]), "task") {
		t.Fatalf("%s is no loop from a task to itself", way)
	}
	for i, from := range steps[:len(steps)-1] {
		found := false
		for _, to := range next[from] {
			found = found || to == steps[i+1]
		}
		if !found {
			t.Fatalf("%s: there is no flow from e%d to e%d", way, from, steps[i+1])
		}
	}
}

// As Zeebe 8.8 refuses and accepts them.
func TestAProcessThatCallsItselfAtOnceIsALoop(t *testing.T) {
	call := `<callActivity id="c"><extensionElements><zeebe:calledElement processId="%s"/></extensionElements></callActivity>`
	for _, c := range []struct{ called, before, want string }{
		{"p", `<exclusiveGateway id="b"/>`, "c > s > b > c"},
		{"p", `<serviceTask id="b"><extensionElements><zeebe:taskDefinition type="x"/></extensionElements></serviceTask>`, ""},
		{"other", `<exclusiveGateway id="b"/>`, ""},
		{"=&quot;p&quot;", `<exclusiveGateway id="b"/>`, ""},
	} {
		_, err := bpmn.Read("call.bpmn", []byte(modelHead+`<process id="p" isExecutable="true"><startEvent id="s"/>`+c.before+fmt.Sprintf(call, c.called)+
			`<sequenceFlow id="f1" sourceRef="s" targetRef="b"/><sequenceFlow id="f2" sourceRef="b" targetRef="c"/></process></definitions>`))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%+v: %v", c, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), "straight-through processing loop: "+c.want)):
			t.Errorf("%+v: %v", c, err)
		}
	}
}

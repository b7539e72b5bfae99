package bpmn_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/payhub/payhub/engine/bpmn"
)

const (
	withoutType = modelHead + `<process id="p" isExecutable="true"><startEvent id="s"/><serviceTask id="t"/></process></definitions>`
	withLoop    = modelHead + `<process id="q" isExecutable="true"><startEvent id="s"/><task id="a"/><task id="b"/><sequenceFlow id="f1" sourceRef="a" targetRef="b"/><sequenceFlow id="f2" sourceRef="b" targetRef="a"/></process></definitions>`
	bound       = modelHead + `<process id="z" isExecutable="true"><startEvent id="s"/><callActivity id="c"><extensionElements><zeebe:calledElement processId="q" bindingType="deployment"/></extensionElements></callActivity><callActivity id="c2"><extensionElements><zeebe:calledElement processId="q2" bindingType="deployment"/></extensionElements></callActivity></process></definitions>`
)

func refusal(t testing.TB, name, model string) error {
	t.Helper()
	_, err := bpmn.Read(name, []byte(model))
	if err == nil {
		t.Fatalf("%s is accepted", name)
	}
	return err
}

// The texts are those of Zeebe 8.8.21.
func TestRefusalsOfADeploymentAreJoined(t *testing.T) {
	header := "Expected to deploy new resources, but encountered the following errors:\n"
	aText := "'a.bpmn': - Element: t\n    - ERROR: Must have exactly one 'zeebe:taskDefinition' extension element\n"
	bText := "`b.bpmn`: - Process: q\n    - ERROR: Processes are not allowed to contain a straight-through processing loop: a > b > a\n"
	a, b := refusal(t, "a.bpmn", withoutType), refusal(t, "b.bpmn", withLoop)
	for _, c := range []struct {
		want    string
		reasons []error
	}{
		{header + aText, []error{a}},
		{header + aText + "\n" + bText, []error{a, b}},
		{header + bText + "\n" + aText, []error{b, a}},
		{header + "Duplicated process id in resources 'c.bpmn' and 'c2.bpmn'", []error{&bpmn.DuplicateProcessError{First: "c.bpmn", Second: "c2.bpmn"}}},
		{header + "\n'x.txt': unknown resource type", []error{refusal(t, "x.txt", withoutType)}},
	} {
		if diff := cmp.Diff(c.want, bpmn.DeploymentText(c.reasons...)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestCallsBoundToTheDeploymentNeedTheirProcessInIt(t *testing.T) {
	r, err := bpmn.Read("e.bpmn", []byte(bound))
	if err != nil {
		t.Fatal(err)
	}
	want := "'e.bpmn':\n- Element: c > extensionElements > calledElement\n    - ERROR: Expected to find process with id 'q' in current deployment, but not found.\n" +
		"- Element: c2 > extensionElements > calledElement\n    - ERROR: Expected to find process with id 'q2' in current deployment, but not found.\n"
	if err := bpmn.MissingInDeployment(r, []string{"z"}); err == nil || err.Error() != want {
		t.Error(cmp.Diff(want, err.Error()))
	}
	if err := bpmn.MissingInDeployment(r, []string{"z", "q", "q2"}); err != nil {
		t.Error(err)
	}
}

func TestTheErrorHoldsAllFindings(t *testing.T) {
	_, err := bpmn.Read("m.bpmn", []byte(modelHead+`<process id="p" isExecutable="true"><serviceTask id="t"/><receiveTask id="r"/></process></definitions>`))
	var refused *bpmn.ValidationError
	if !errors.As(err, &refused) {
		t.Fatalf("%v is no ValidationError", err)
	}
	var places []string
	for _, f := range refused.Findings {
		places = append(places, f.Element)
	}
	if diff := cmp.Diff([]string{"p", "t", "r"}, places); diff != "" || refused.Resource != "m.bpmn" {
		t.Error(diff)
	}
}

package payments_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/flows"
	"github.com/payhub/payhub/flows/contract"
	"github.com/payhub/payhub/flows/flowstest"
	"github.com/payhub/payhub/test/payments/dev"
)

// recording is what a scenario did on a real Zeebe, see the tests of flows. Flows, the sequence flows taken, are not
// to be seen from outside; the events that ended are.
type recording struct {
	Name, Jobs, Elements, Variables string
	States                          []contract.State
}

func recordings(t *testing.T) map[string]recording {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dev.Root(), "flows", "testdata", "local-transfer.json"))
	if err != nil {
		t.Fatal(err)
	}
	var runs []struct {
		Name           string
		Jobs, Elements []string
		States         []contract.State
		Variables      map[string]any
	}
	if err := json.Unmarshal(text, &runs); err != nil {
		t.Fatal(err)
	}
	byName := map[string]recording{}
	for _, r := range runs {
		variables, err := json.Marshal(r.Variables)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(r.Elements)
		byName[r.Name] = recording{r.Name, strings.Join(r.Jobs, "\n"), strings.Join(r.Elements, "\n"), string(variables), r.States}
	}
	return byName
}

// The scenarios that were recorded on a real Zeebe do here what they did there: the same jobs with the same requests,
// the same events, the same variables at the end. Time is real, so the model's 30 seconds are made 3 and the first
// pause of 5 seconds 1; where a scenario lets time pass, the next job is waited for. All run at once.
func TestScenariosRecordedOnZeebe(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p := dev.StartCommand(t, data, "server", "--engine.data", data, "--roles", "[engine, gateway, hub]")
	conn := p.Dial()
	s := &stage{p: p, gateway: gatewaypb.NewGatewayClient(conn), engine: enginepb.NewEngineClient(conn), inboxes: map[string]chan *gatewaypb.ActivatedJob{}}
	s.deploy(t)
	working, stop := context.WithCancel(t.Context())
	var workers, players sync.WaitGroup
	for _, jobType := range contract.JobTypes() {
		workers.Go(func() { s.hand(working, jobType) })
	}
	scenarios := flowstest.Scenarios()
	plays := make([]*play, len(scenarios))
	for i, scenario := range scenarios {
		plays[i] = &play{stage: s, id: fmt.Sprintf("t-%d", i), scenario: scenario}
		players.Go(func() { plays[i].err = plays[i].run(t.Context()) })
	}
	players.Wait()
	stop()
	workers.Wait()
	elements, recorded := s.elements(t, plays), recordings(t)
	for _, played := range plays {
		t.Run(played.scenario.Name, func(t *testing.T) {
			played.compare(t, recorded[played.scenario.Name], elements[played.instance])
		})
	}
}

// compare holds a play against its recording.
func (p *play) compare(t *testing.T, want recording, elements []string) {
	if p.err != nil {
		t.Fatalf("%v; jobs so far:\n%s", p.err, strings.Join(p.jobs, "\n"))
	}
	if got := strings.Join(p.jobs, "\n"); got != want.Jobs {
		t.Errorf("jobs:\n%s\non Zeebe:\n%s", got, want.Jobs)
	}
	if got := strings.Join(elements, "\n"); got != want.Elements {
		t.Errorf("events:\n%s\non Zeebe:\n%s", got, want.Elements)
	}
	if p.variables != want.Variables {
		t.Errorf("variables:\n%s\non Zeebe:\n%s", p.variables, want.Variables)
	}
	if last := p.states[len(p.states)-1]; string(last) != p.scenario.State {
		t.Errorf("ended %s, expected %s", last, p.scenario.State)
	}
	if p.scenario.By != "" && !slices.Contains(p.states, contract.State(p.scenario.By)) {
		t.Errorf("was %v, and should have been %s", p.states, p.scenario.By)
	}
	rest := want.States
	for _, state := range p.states { // those seen are among those recorded, in their order
		at := slices.Index(rest, state)
		if at < 0 && state != contract.Received {
			t.Errorf("was %v, on Zeebe %v", p.states, want.States)
			return
		}
		rest = rest[max(at, 0):]
	}
}

func (s *stage) deploy(t *testing.T) {
	t.Helper()
	request := &gatewaypb.DeployResourceRequest{}
	for _, f := range flows.Catalogue() {
		model := strings.ReplaceAll(string(f.BPMN()), ">PT30S<", ">PT3S<")
		request.Resources = append(request.Resources, &gatewaypb.Resource{Name: f.File, Content: []byte(model)})
	}
	if _, err := s.gateway.DeployResource(t.Context(), request); err != nil {
		t.Fatal(err)
	}
}

// elements lists the events that ended, per payment with those of the flows it called, sorted.
func (s *stage) elements(t *testing.T, plays []*play) map[int64][]string {
	t.Helper()
	of := map[int64]int64{} // root by instance
	for _, p := range plays {
		of[p.instance] = p.instance
	}
	list := s.instances(t, len(plays))
	for _, i := range list {
		if i.Parent != 0 {
			of[i.Key] = i.Parent
		}
	}
	found := map[int64][]string{}
	for _, i := range list {
		for _, step := range s.instance(t, i.Key).Steps {
			if step.State == "COMPLETED" && strings.HasSuffix(step.Type, "_EVENT") {
				found[of[i.Key]] = append(found[of[i.Key]], i.ProcessID+":"+step.ElementID)
			}
		}
	}
	for _, names := range found {
		slices.Sort(names)
	}
	return found
}

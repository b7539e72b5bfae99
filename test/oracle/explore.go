package oracle

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/payhub/payhub/engine/coretest"
)

// explorer finds scenarios for a flow that together take as many of its sequence flows as can be taken. It drives an
// engine, always towards the nearest sequence flow not yet taken, by choosing the variables that jobs, messages and
// timers bring to the gateways before the next stop.
type explorer struct {
	file   string // base name of the BPMN file
	graph  *graph
	taken  map[string]bool
	tries  map[string]int // per flow: how often it was wanted
	given  map[string]string
	ends   map[string]bool
	engine coretest.Backend
	corpus string

	runner  *coretest.Runner
	steps   []*coretest.Step
	traces  []string // one per scenario
	refused bool     // the last deployment was
}

const (
	maxSteps     = 80
	maxScenarios = 30
	maxTries     = 3
)

func newExplorer(file, content, corpus string, engine coretest.Backend) (*explorer, error) {
	g, err := readGraph(content)
	if err != nil {
		return nil, err
	}
	return &explorer{
		file: file, graph: g, taken: map[string]bool{}, tries: map[string]int{}, given: map[string]string{},
		ends: map[string]bool{}, engine: engine, corpus: corpus,
	}, nil
}

// explore returns the scenarios found.
func (x *explorer) explore() (*coretest.Script, error) {
	script := &coretest.Script{Path: x.file, Head: []string{
		"# Found by exploring the flow on Zeebe (test/oracle); the trace beside this file is what Zeebe did.",
	}}
	add := func(name string, run func() error) error {
		if err := x.begin(); err != nil {
			return err
		}
		if err := run(); err != nil {
			return fmt.Errorf("%s: %s: %w", x.file, name, err)
		}
		script.Scenarios = append(script.Scenarios, &coretest.Scenario{Name: name, Steps: x.steps})
		x.traces = append(x.traces, x.runner.Trace(name).String())
		return nil
	}
	if err := add("refused", func() error { return nil }); err != nil || x.refused {
		return script, err
	}
	script.Scenarios, x.traces = nil, nil
	for idle := 0; idle < 2 && len(script.Scenarios) < maxScenarios; {
		before := len(x.taken)
		if err := add(fmt.Sprintf("way-%d", len(script.Scenarios)+1), x.walk); err != nil {
			return nil, err
		}
		if len(x.taken) > before {
			idle = 0
		} else {
			last := len(script.Scenarios) - 1
			script.Scenarios, x.traces = script.Scenarios[:last], x.traces[:last]
			idle++
		}
		if x.nothingLeft() {
			break
		}
	}
	for i, run := range []func() error{x.bare, x.fails, x.throws, x.canceled} {
		if err := add([]string{"without-variables", "first-job-fails", "first-job-throws", "canceled"}[i], run); err != nil {
			return nil, err
		}
	}
	return script, nil
}

func (x *explorer) nothingLeft() bool {
	for _, id := range x.graph.Order {
		if x.wanted(id) {
			return false
		}
	}
	return true
}

func (x *explorer) begin() error {
	r, err := coretest.NewRunner(x.engine, ".")
	if err != nil {
		return err
	}
	r.Corpus = x.corpus
	x.runner, x.steps = r, nil
	if err := x.do(&coretest.Deploy{Files: []string{coretest.CorpusPrefix + x.file}}); err != nil {
		return err
	}
	x.refused = !strings.HasPrefix(r.Section("answer")[0], "ok")
	return nil
}

func (x *explorer) do(c coretest.Command) error {
	x.steps = append(x.steps, &coretest.Step{Command: c})
	if err := x.runner.Step(c); err != nil {
		return fmt.Errorf("%s: %w", coretest.FormatCommand(c), err)
	}
	for _, line := range x.runner.Model.Section("flows") {
		id, _, _ := strings.Cut(line, " ")
		x.taken[id] = true
	}
	for _, e := range x.runner.Model.Instances() {
		x.taken[x.graph.behind(e.Element)] = true
		if e.Type == "END_EVENT" && !e.Active {
			x.ends[e.Element] = true
		}
	}
	delete(x.taken, "")
	return nil
}

// base are the variables without which no message subscription or timer of the flow opens.
func (x *explorer) base() map[string]any {
	out := map[string]any{}
	for _, text := range x.graph.Timers {
		if id, ok := strings.CutPrefix(text, "="); ok {
			out[strings.TrimSpace(id)] = "PT45S"
		}
	}
	for _, text := range x.graph.Keys {
		if id, ok := strings.CutPrefix(text, "="); ok {
			id = strings.TrimSpace(id)
			out[id] = id + "-1"
		}
	}
	return out
}

func (x *explorer) walk() error {
	variables := x.base()
	for id, v := range x.plan(x.start()) {
		variables[id] = v
	}
	if err := x.do(&coretest.Create{Process: x.graph.Process, Variables: text(variables)}); err != nil {
		return err
	}
	for len(x.steps) < maxSteps {
		if len(x.runner.Model.OpenIncidents()) > 0 {
			break
		}
		more, err := x.advance()
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// advance acts on the oldest thing that waits; false if nothing does.
func (x *explorer) advance() (bool, error) {
	m := x.runner.Model
	jobs, waits := m.OpenJobs(), m.OpenWaits()
	if len(jobs) == 0 && len(waits) == 0 {
		return false, nil
	}
	instance := waitingInstance(m, jobs, waits)
	from := x.graph.Nodes[instance.Element]
	if from == nil {
		return false, nil
	}
	event, planned := x.choose(from, func(target string) bool {
		for _, w := range waits {
			if w.Instance == instance && w.Target == target {
				return true
			}
		}
		return false
	})
	for _, w := range waits {
		if w.Instance == instance && w.Target == event {
			return true, x.trigger(w, planned)
		}
	}
	for _, j := range jobs {
		if j.Instance == instance {
			return true, x.do(&coretest.Complete{Job: instance.Element, Variables: text(planned)})
		}
	}
	for _, w := range waits {
		if w.Instance == instance {
			return true, x.trigger(w, planned)
		}
	}
	return false, nil
}

func waitingInstance(m *coretest.Model, jobs []*coretest.Job, waits []*coretest.Wait) *coretest.ElementInstance {
	for _, e := range m.Instances() {
		for _, j := range jobs {
			if j.Instance == e {
				return e
			}
		}
		for _, w := range waits {
			if w.Instance == e {
				return e
			}
		}
	}
	return &coretest.ElementInstance{}
}

func (x *explorer) trigger(w *coretest.Wait, variables map[string]any) error {
	if w.Message != "" {
		return x.do(&coretest.Publish{Name: w.Message, Key: w.Value, Variables: text(variables)})
	}
	if len(variables) > 0 {
		root := x.runner.Model.Instances()[0].Name
		if err := x.do(&coretest.SetVariables{Instance: root, Variables: text(variables)}); err != nil {
			return err
		}
	}
	return x.do(&coretest.Advance{By: w.After.Round(time.Second) + time.Second})
}

// bare runs the flow without any variable until nothing goes on.
func (x *explorer) bare() error {
	if err := x.do(&coretest.Create{Process: x.graph.Process}); err != nil {
		return err
	}
	for len(x.steps) < 12 {
		m := x.runner.Model
		jobs, waits := m.OpenJobs(), m.OpenWaits()
		var err error
		switch {
		case len(jobs) > 0:
			err = x.do(&coretest.Complete{Job: jobs[0].Instance.Element})
		case len(waits) > 0 && waits[0].Message == "":
			err = x.do(&coretest.Advance{By: waits[0].After.Round(time.Second) + time.Second})
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// toFirstJob starts the flow and goes on until a job is there; nil if none comes.
func (x *explorer) toFirstJob() (*coretest.Job, error) {
	variables := x.base()
	for id, v := range x.plan(x.start()) {
		variables[id] = v
	}
	if err := x.do(&coretest.Create{Process: x.graph.Process, Variables: text(variables)}); err != nil {
		return nil, err
	}
	for len(x.steps) < 10 {
		if jobs := x.runner.Model.OpenJobs(); len(jobs) > 0 {
			return jobs[0], nil
		}
		if more, err := x.advance(); err != nil || !more {
			return nil, err
		}
	}
	return nil, nil
}

func (x *explorer) fails() error {
	j, err := x.toFirstJob()
	if j == nil || err != nil {
		return err
	}
	name := j.Instance.Name
	for _, c := range []coretest.Command{
		&coretest.Fail{Job: j.Instance.Element, Retries: 1, Message: "try again"},
		&coretest.Fail{Job: j.Instance.Element, Retries: 0, Message: "no more"},
		&coretest.UpdateRetries{Job: name, Retries: 2},
		&coretest.Resolve{Instance: name},
		&coretest.Complete{Job: j.Instance.Element, Variables: text(x.plan(x.graph.Nodes[j.Instance.Element]))},
	} {
		if err := x.do(c); err != nil {
			return err
		}
	}
	return nil
}

func (x *explorer) throws() error {
	j, err := x.toFirstJob()
	if j == nil || err != nil {
		return err
	}
	return x.do(&coretest.Throw{Job: j.Instance.Element, Code: "payee-unknown", Message: "nobody catches this"})
}

func (x *explorer) canceled() error {
	if _, err := x.toFirstJob(); err != nil {
		return err
	}
	all := x.runner.Model.Instances()
	if len(all) == 0 {
		return nil
	}
	return x.do(&coretest.Cancel{Instance: all[0].Name})
}

func text(variables map[string]any) string {
	if len(variables) == 0 {
		return ""
	}
	b, err := json.Marshal(variables) // strings, numbers, booleans and lists of them: always possible
	if err != nil {
		panic(err)
	}
	return string(b)
}

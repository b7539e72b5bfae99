package coretest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Runner runs the steps of one scenario against one backend.
type Runner struct {
	Backend Backend
	Folder  string // that file names of deploy steps are relative to
	Corpus  string // folder of the files that a deploy step names with CorpusPrefix
	Model   *Model // what is known so far

	seen    int // records taken into account
	answers []string
	last    string // the last step's answer
}

// NewRunner resets the backend and returns a runner for a scenario whose files lie in folder.
func NewRunner(b Backend, folder string) (*Runner, error) {
	if err := b.Reset(); err != nil {
		return nil, fmt.Errorf("reset: %w", err)
	}
	return &Runner{Backend: b, Folder: folder, Model: NewModel()}, nil
}

// CorpusPrefix leads the name of a file in a deploy step that lies in a corpus outside the project.
const CorpusPrefix = "corpus:"

func (r *Runner) path(file string) string {
	if name, ok := strings.CutPrefix(file, CorpusPrefix); ok {
		return filepath.Join(r.Corpus, name)
	}
	return filepath.Join(r.Folder, file)
}

// Mismatch is an expectation that was not met.
type Mismatch struct {
	Line      int
	Section   string
	Want, Got []string
}

// Error shows the lines that only one side has.
func (m *Mismatch) Error() string {
	return fmt.Sprintf("line %d: expect %s:\n%s", m.Line, m.Section, strings.Join(Compare(m.Want, m.Got), "\n"))
}

// Run runs a whole scenario. With update, expectations take over what they find; otherwise each one that is not met is
// returned. An error says which step could not be carried out at all.
func (r *Runner) Run(s *Scenario, update bool) (mismatches []*Mismatch, err error) {
	for _, step := range s.Steps {
		e, ok := step.Command.(*Expect)
		if !ok {
			if err := r.Step(step.Command); err != nil {
				return mismatches, fmt.Errorf("scenario %s, line %d: %s: %w", s.Name, step.Line, FormatCommand(step.Command), err)
			}
			continue
		}
		got := r.Section(e.Section)
		if update {
			e.Lines = got
		} else if Compare(e.Lines, got) != nil {
			mismatches = append(mismatches, &Mismatch{Line: step.Line, Section: e.Section, Want: e.Lines, Got: got})
		}
	}
	return mismatches, nil
}

// Section returns the lines an expectation of that section would find now.
func (r *Runner) Section(section string) []string {
	switch section {
	case "answer":
		return []string{r.last}
	case "all":
		var out []string
		for _, s := range traced {
			out = append(out, r.Model.Section(s)...)
		}
		return out
	}
	return r.Model.Section(section)
}

// Trace returns what the run came to.
func (r *Runner) Trace(scenario string) *Trace {
	t := &Trace{Scenario: scenario, Answers: r.answers, Sections: map[string][]string{}}
	for _, section := range traced {
		t.Sections[section] = r.Model.Section(section)
	}
	return t
}

// Step carries out one command and follows the records it caused. A job that is completed, failed or given an error
// without having been activated is activated first, as a worker would.
func (r *Runner) Step(c Command) error {
	if a, ok := c.(*Advance); ok {
		if err := r.Backend.Advance(a.By); err != nil {
			return err
		}
		r.note(c, "ok")
		return r.follow()
	}
	request, err := r.request(c)
	if err != nil {
		return err
	}
	r.Model.deployed = nil
	answer, err := r.Backend.Send(request)
	if err != nil {
		return err
	}
	if err := r.follow(); err != nil {
		return err
	}
	switch {
	case answer.Rejection != "":
		r.note(c, fmt.Sprintf("%s %q", answer.Rejection, r.Model.Text(answer.Reason)))
	case answer.Variables != "":
		r.note(c, "ok "+canonical(answer.Variables))
	default:
		r.note(c, strings.Join(append([]string{"ok"}, r.Model.deployed...), " "))
	}
	return nil
}

func (r *Runner) note(c Command, answer string) {
	r.last = answer
	r.answers = append(r.answers, FormatCommand(c)+" -> "+answer)
}

func (r *Runner) follow() error {
	records, err := r.Backend.Records(r.seen)
	if err != nil {
		return fmt.Errorf("records: %w", err)
	}
	r.seen += len(records)
	r.Model.Follow(records)
	return nil
}

func (r *Runner) request(c Command) (Request, error) {
	request := Request{Command: c}
	var err error
	switch c := c.(type) {
	case *Deploy:
		for _, file := range c.Files {
			content, err := os.ReadFile(r.path(file))
			if err != nil {
				return request, err
			}
			request.Resources = append(request.Resources, Resource{Name: filepath.Base(r.path(file)), Content: content})
		}
	case *Create:
		if c.Version != 0 {
			copied := *c
			copied.Version = r.Model.EngineVersion(c.Process, c.Version)
			request.Command = &copied
		}
	case *Cancel:
		request.Key, err = r.Model.InstanceKey(c.Instance)
	case *SetVariables:
		request.Key, err = r.Model.InstanceKey(c.Instance)
	case *Resolve:
		request.Key, err = r.Model.IncidentKey(c.Instance)
	case *Complete:
		request.Key, err = r.worker(c.Job)
	case *Fail:
		request.Key, err = r.worker(c.Job)
	case *Throw:
		request.Key, err = r.worker(c.Job)
	case *UpdateRetries:
		request.Key, err = r.jobKey(c.Job)
	case *UpdateTimeout:
		request.Key, err = r.jobKey(c.Job)
	}
	return request, err
}

func (r *Runner) jobKey(name string) (int64, error) {
	j, err := r.Model.JobOf(name)
	if err != nil {
		return 0, err
	}
	if j == nil {
		return unknownKey, nil
	}
	return j.Key, nil
}

// worker returns the key of a job, activated if it still can be. A name that ends in '!' is taken as it is: that is how
// a scenario reaches a job that no worker has.
func (r *Runner) worker(name string) (int64, error) {
	name, asItIs := strings.CutSuffix(name, "!")
	j, err := r.Model.JobOf(name)
	if err != nil || j == nil {
		return unknownKey, err
	}
	if !j.Open || asItIs {
		return j.Key, nil
	}
	for !j.Activated {
		answer, err := r.Backend.Send(Request{Command: &Activate{Type: j.Type, Max: 1, Timeout: lease, Worker: "worker"}})
		if err != nil {
			return 0, err
		}
		before := r.Model.activated()
		if err := r.follow(); err != nil {
			return 0, err
		}
		if answer.Rejection != "" || r.Model.activated() == before {
			break // it waits for its backoff or for retries: the command itself will say what is wrong
		}
	}
	return j.Key, nil
}

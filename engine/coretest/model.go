package coretest

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Model follows the records of one scenario: it names keys by first appearance, knows what is open, and keeps a history
// of everything that [Trace] prints. The zero value is not usable; see NewModel.
type Model struct {
	names     map[int64]string   // element instances, jobs, incidents, definitions: what texts show instead of a key
	counts    map[string]int     // per element id: how many instances so far
	instances []*ElementInstance // in order of appearance
	byKey     map[int64]*ElementInstance
	jobs      []*Job
	incidents []*Incident
	waits     []*Wait
	entries   map[string]*entry
	order     []*entry
	firsts    map[string]int64 // per process id: the engine's version number that the scenario calls 1
	deployed  []string         // what the last deployment brought: "process v1"
}

// NewModel returns a model that has seen nothing.
func NewModel() *Model {
	return &Model{
		names: map[int64]string{}, counts: map[string]int{}, byKey: map[int64]*ElementInstance{},
		entries: map[string]*entry{}, firsts: map[string]int64{},
	}
}

// ElementInstance is one instance of a flow element or process.
type ElementInstance struct {
	Key     int64
	Name    string // elementId#n
	Element string
	Type    string // as in records: SERVICE_TASK…
	Process string // the process id
	Active  bool   // neither completed nor terminated
}

// Job is one job.
type Job struct {
	Key       int64
	Type      string
	Instance  *ElementInstance
	Open      bool // it can still be completed
	Ended     bool // completed or canceled
	Activated bool // a worker has it
}

// Incident is one incident.
type Incident struct {
	Key      int64
	Instance *ElementInstance
	Job      int64 // -1 if it is not about a job
	Open     bool
}

// Wait is an open message subscription or timer of an element instance.
type Wait struct {
	Key      int64
	Instance *ElementInstance
	Target   string        // the catching element: the instance's own, a boundary event, or an event behind a gateway
	Message  string        // "" for a timer
	Value    string        // the correlation key
	After    time.Duration // how long after its creation a timer is due; 0 for messages
	Open     bool
}

// entry is one line of the trace: what it is about and what happened to it.
type entry struct {
	section string
	head    string
	history []string
}

func (m *Model) entry(section string, key any, head string) *entry {
	id := fmt.Sprint(section, " ", key)
	e := m.entries[id]
	if e == nil {
		e = &entry{section: section, head: head}
		m.entries[id] = e
		m.order = append(m.order, e)
	}
	return e
}

func (e *entry) add(format string, values ...any) {
	e.history = append(e.history, fmt.Sprintf(format, values...))
}

// Instances returns every element instance in order of appearance.
func (m *Model) Instances() []*ElementInstance { return m.instances }

// OpenJobs returns the jobs that can still be completed, oldest first.
func (m *Model) OpenJobs() []*Job { return filter(m.jobs, func(j *Job) bool { return j.Open }) }

// activated counts the jobs that a worker has.
func (m *Model) activated() int {
	return len(filter(m.jobs, func(j *Job) bool { return j.Activated }))
}

// OpenIncidents returns the incidents that are not resolved, oldest first.
func (m *Model) OpenIncidents() []*Incident {
	return filter(m.incidents, func(i *Incident) bool { return i.Open })
}

// OpenWaits returns the open message subscriptions and timers, oldest first.
func (m *Model) OpenWaits() []*Wait { return filter(m.waits, func(w *Wait) bool { return w.Open }) }

func filter[T any](all []T, keep func(T) bool) []T {
	var out []T
	for _, x := range all {
		if keep(x) {
			out = append(out, x)
		}
	}
	return out
}

// unknownKey is a key of partition 1 that no engine reaches in a test.
const unknownKey = int64(1)<<51 | int64(1)<<50

// InstanceKey returns the key of the element instance that a step names.
func (m *Model) InstanceKey(name string) (int64, error) {
	if name == "unknown" {
		return unknownKey, nil
	}
	for _, e := range m.instances {
		if e.Name == name || e.Element == name && e.Active {
			return e.Key, nil
		}
	}
	return 0, fmt.Errorf("no element instance %s; there are: %s", name, strings.Join(m.instanceNames(), " "))
}

func (m *Model) instanceNames() []string {
	var out []string
	for _, e := range m.instances {
		out = append(out, e.Name)
	}
	return out
}

// JobOf returns the job that a step names, nil for the word "unknown".
func (m *Model) JobOf(name string) (*Job, error) {
	if name == "unknown" {
		return nil, nil
	}
	var found *Job
	for _, j := range m.jobs {
		if j.Instance.Name == name || found == nil && j.Instance.Element == name && j.Open {
			found = j
		}
	}
	if found == nil {
		return nil, fmt.Errorf("no job of %s; element instances: %s", name, strings.Join(m.instanceNames(), " "))
	}
	return found, nil
}

// IncidentKey returns the key of the last incident of the element instance that a step names.
func (m *Model) IncidentKey(name string) (int64, error) {
	if name == "unknown" {
		return unknownKey, nil
	}
	for i := len(m.incidents) - 1; i >= 0; i-- {
		x := m.incidents[i]
		if x.Instance.Name == name || x.Instance.Element == name && x.Open {
			return x.Key, nil
		}
	}
	return 0, fmt.Errorf("no incident at %s", name)
}

// version translates the engine's version number of a process to the scenario's, which begins with 1.
func (m *Model) version(process string, engine int64) int64 {
	if _, ok := m.firsts[process]; !ok {
		m.firsts[process] = engine
	}
	return engine - m.firsts[process] + 1
}

// EngineVersion is the way back: the engine's number of the scenario's version.
func (m *Model) EngineVersion(process string, version int32) int32 {
	if first, ok := m.firsts[process]; ok {
		return version + int32(first) - 1
	}
	return version
}

var longNumber = regexp.MustCompile(`-?\d{13,}`)

// Text replaces the keys in a text with the names they have here, "<key>" where they have none.
func (m *Model) Text(s string) string {
	return longNumber.ReplaceAllStringFunc(s, func(digits string) string {
		var key int64
		fmt.Sscan(digits, &key)
		if name, ok := m.names[key]; ok {
			return "<" + name + ">"
		}
		return "<key>"
	})
}

func (m *Model) name(key int64) string {
	if name, ok := m.names[key]; ok {
		return name
	}
	return "-"
}

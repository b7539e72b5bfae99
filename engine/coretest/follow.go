package coretest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Follow takes the next records into account. What is not an event of the value types compared is passed over: commands
// and rejections (an answer shows those), distribution, and records of our own or of other parts.
func (m *Model) Follow(records []Record) {
	for i := range records {
		if r := &records[i]; r.Event("PROCESS_INSTANCE") && r.Text("bpmnElementType") != "SEQUENCE_FLOW" {
			m.appear(r) // first, because variables of a scope are written before the scope's own first event
		}
	}
	for i := range records {
		r := &records[i]
		if r.RecordType != "EVENT" {
			continue
		}
		if follow, ok := followers[r.ValueType]; ok {
			follow(m, r)
		}
	}
}

var followers = map[string]func(*Model, *Record){
	"DEPLOYMENT":                       (*Model).deployment,
	"PROCESS":                          (*Model).process,
	"PROCESS_INSTANCE":                 (*Model).element,
	"JOB":                              (*Model).job,
	"JOB_BATCH":                        (*Model).jobBatch,
	"INCIDENT":                         (*Model).incident,
	"VARIABLE":                         (*Model).variable,
	"TIMER":                            (*Model).timer,
	"MESSAGE":                          (*Model).message,
	"MESSAGE_SUBSCRIPTION":             (*Model).messageSubscription,
	"PROCESS_MESSAGE_SUBSCRIPTION":     (*Model).processMessageSubscription,
	"MESSAGE_START_EVENT_SUBSCRIPTION": (*Model).startSubscription,
}

func (m *Model) process(r *Record) {
	m.names[r.Int("processDefinitionKey")] = "process " + r.Text("bpmnProcessId")
}

func (m *Model) deployment(r *Record) {
	if r.Intent != "CREATED" {
		return
	}
	m.deployed = nil
	list, _ := r.Value["processesMetadata"].([]any)
	for _, x := range list {
		value, _ := x.(map[string]any)
		p := Record{Value: value}
		id := p.Text("bpmnProcessId")
		m.names[p.Int("processDefinitionKey")] = "process " + id
		m.deployed = append(m.deployed, fmt.Sprintf("%s v%d", id, m.version(id, p.Int("version"))))
	}
}

func intent(r *Record) string {
	return strings.ToLower(strings.TrimPrefix(r.Intent, "ELEMENT_"))
}

func (m *Model) element(r *Record) {
	id, scope := r.Text("elementId"), m.name(r.Int("flowScopeKey"))
	if r.Text("bpmnElementType") == "SEQUENCE_FLOW" {
		m.entry("flows", r.Position, id+" in "+scope).add("taken")
		return
	}
	e := m.byKey[r.Key]
	head := e.Name + " " + e.Type
	switch parent := r.Int("parentElementInstanceKey"); {
	case scope != "-":
		head += " in " + scope
	case parent > 0:
		head += fmt.Sprintf(" v%d called by %s", m.version(e.Process, r.Int("version")), m.name(parent))
	default:
		head += fmt.Sprintf(" v%d", m.version(e.Process, r.Int("version")))
	}
	m.entry("elements", r.Key, head).add("%s", intent(r))
	if r.Intent == "ELEMENT_COMPLETED" || r.Intent == "ELEMENT_TERMINATED" {
		e.Active = false
	}
}

// appear names an element instance when its key is seen for the first time.
func (m *Model) appear(r *Record) {
	if m.byKey[r.Key] != nil {
		return
	}
	id := r.Text("elementId")
	m.counts[id]++
	e := &ElementInstance{
		Key: r.Key, Name: fmt.Sprintf("%s#%d", id, m.counts[id]), Element: id,
		Type: r.Text("bpmnElementType"), Process: r.Text("bpmnProcessId"), Active: true,
	}
	m.byKey[r.Key], m.names[r.Key] = e, e.Name
	m.instances = append(m.instances, e)
}

func (m *Model) instance(r *Record) *ElementInstance {
	if e := m.byKey[r.Int("elementInstanceKey")]; e != nil {
		return e
	}
	return &ElementInstance{Key: -1, Name: "-", Element: "-"}
}

func find[T any](all []T, match func(T) bool) (found T) {
	if i := slices.IndexFunc(all, match); i >= 0 {
		return all[i]
	}
	return found
}

func (m *Model) job(r *Record) {
	j := find(m.jobs, func(j *Job) bool { return j.Key == r.Key })
	if j == nil {
		j = &Job{Key: r.Key, Type: r.Text("type"), Instance: m.instance(r)}
		m.jobs = append(m.jobs, j)
		m.names[r.Key] = "job of " + j.Instance.Name
	}
	head := fmt.Sprintf("%s type %q retries %d", j.Instance.Name, j.Type, r.Int("retries"))
	if headers, _ := r.Value["customHeaders"].(map[string]any); len(headers) > 0 {
		head += " headers " + object(headers)
	}
	e := m.entry("jobs", r.Key, head)
	switch r.Intent {
	case "CREATED":
		j.Open = true
		e.add("created")
	case "COMPLETED":
		j.Open, j.Ended = false, true
		e.add("completed%s", m.given(r))
	case "FAILED":
		j.Activated = false
		e.add("failed retries %d%s%s%s", r.Int("retries"), when(r.Int("retryBackoff") > 0, " backoff %v", ms(r.Int("retryBackoff"))),
			when(r.Text("errorMessage") != "", " message %q", m.Text(r.Text("errorMessage"))), m.given(r))
	case "ERROR_THROWN":
		e.add("error_thrown %q%s%s", r.Text("errorCode"),
			when(r.Text("errorMessage") != "", " message %q", r.Text("errorMessage")), m.given(r))
		j.Open = false
	case "CANCELED":
		j.Open, j.Ended = false, true
		e.add("canceled")
	case "TIMED_OUT":
		j.Activated = false
		e.add("timed_out")
	case "RETRIES_UPDATED":
		e.add("retries_updated %d", r.Int("retries"))
	default:
		e.add("%s", intent(r))
	}
}

func (m *Model) given(r *Record) string {
	variables, _ := r.Value["variables"].(map[string]any)
	return when(len(variables) > 0, " %s", object(variables))
}

func (m *Model) jobBatch(r *Record) {
	if r.Intent != "ACTIVATED" {
		return
	}
	keys, _ := r.Value["jobKeys"].([]any)
	jobs, _ := r.Value["jobs"].([]any)
	for i, k := range keys {
		key := (&Record{Value: map[string]any{"key": k}}).Int("key")
		j := find(m.jobs, func(j *Job) bool { return j.Key == key })
		if j == nil || i >= len(jobs) {
			continue
		}
		j.Activated = true
		value, _ := jobs[i].(map[string]any)
		variables, _ := value["variables"].(map[string]any)
		m.entry("jobs", key, "").add("activated by %q sees %s", (&Record{Value: value}).Text("worker"), object(variables))
	}
}

func (m *Model) incident(r *Record) {
	x := find(m.incidents, func(x *Incident) bool { return x.Key == r.Key })
	if x == nil {
		x = &Incident{Key: r.Key, Instance: m.instance(r), Job: r.Int("jobKey")}
		m.incidents = append(m.incidents, x)
		m.names[r.Key] = "incident at " + x.Instance.Name
	}
	x.Open = r.Intent == "CREATED"
	if j := find(m.jobs, func(j *Job) bool { return j.Key == x.Job }); j != nil && !x.Open && !j.Ended {
		j.Open, j.Activated = true, false // also after an error that nobody caught
	}
	head := fmt.Sprintf("%s %s %q scope %s%s", x.Instance.Name, r.Text("errorType"), m.Text(r.Text("errorMessage")),
		m.name(r.Int("variableScopeKey")), when(x.Job > 0, " with its job"))
	m.entry("incidents", r.Key, head).add("%s", intent(r))
}

func (m *Model) variable(r *Record) {
	m.entry("variables", r.Key, fmt.Sprintf("%s of %s", r.Text("name"), m.name(r.Int("scopeKey")))).
		add("%s %s", intent(r), canonical(r.Text("value")))
}

func (m *Model) timer(r *Record) {
	w := m.wait(r)
	w.Open, w.Target = r.Intent == "CREATED" || r.Intent == "MIGRATED", r.Text("targetElementId")
	if w.Open {
		w.After = ms(r.Int("dueDate") - r.Timestamp)
	}
	head := fmt.Sprintf("%s at %s", w.Target, m.name(r.Int("elementInstanceKey")))
	if m.entries[fmt.Sprint("timers ", r.Key)] == nil {
		head += " due " + offset(r.Int("dueDate")-r.Timestamp)
		if n := r.Int("repetitions"); n != 1 {
			head += fmt.Sprintf(" repetitions %d", n)
		}
	}
	m.entry("timers", r.Key, head).add("%s", intent(r))
}

func (m *Model) wait(r *Record) *Wait {
	w := find(m.waits, func(w *Wait) bool { return w.Key == r.Key })
	if w == nil {
		w = &Wait{Key: r.Key, Instance: m.instance(r)}
		m.waits = append(m.waits, w)
	}
	return w
}

func (m *Model) message(r *Record) {
	if _, known := m.names[r.Key]; !known && r.Intent != "PUBLISHED" {
		return // published before the scenario began
	}
	variables, _ := r.Value["variables"].(map[string]any)
	head := fmt.Sprintf("message %q key %q ttl %v%s %s", r.Text("name"), r.Text("correlationKey"), ms(r.Int("timeToLive")),
		when(r.Text("messageId") != "", " id %q", r.Text("messageId")), object(variables))
	m.names[r.Key] = fmt.Sprintf("message %q", r.Text("name"))
	m.entry("messages", fmt.Sprint("message ", r.Key), head).add("%s", intent(r))
}

func (m *Model) messageSubscription(r *Record) {
	head := fmt.Sprintf("subscription %q key %q for %s", r.Text("messageName"), r.Text("correlationKey"),
		m.name(r.Int("elementInstanceKey")))
	m.entry("messages", fmt.Sprint("message side ", r.Int("elementInstanceKey"), r.Text("messageName")), head).add("%s", intent(r))
}

func (m *Model) processMessageSubscription(r *Record) {
	w := m.wait(r)
	w.Message, w.Value, w.Target = r.Text("messageName"), r.Text("correlationKey"), r.Text("elementId")
	w.Open = r.Intent == "CREATING" || r.Intent == "CREATED"
	interrupting, _ := r.Value["interrupting"].(bool)
	if !interrupting && r.Intent == "CORRELATED" {
		w.Open = true
	}
	head := fmt.Sprintf("%s at %s awaits %q key %q%s", w.Target, w.Instance.Name, w.Message, w.Value,
		when(!interrupting, " non-interrupting"))
	m.entry("messages", r.Key, head).add("%s", intent(r))
}

func (m *Model) startSubscription(r *Record) {
	head := fmt.Sprintf("%s of %s starts at %q%s", r.Text("startEventId"), r.Text("bpmnProcessId"), r.Text("messageName"),
		when(r.Text("correlationKey") != "", " key %q", r.Text("correlationKey")))
	m.entry("messages", fmt.Sprint("start ", r.Key, r.Text("correlationKey")), head).add("%s", intent(r))
}

// offset prints how long after its creation a timer is due, in whole seconds, from ten minutes on in whole minutes,
// rounded up: a clock that also runs between two steps makes what is left of an interval a little shorter. What is due
// at once is "at once".
func offset(millis int64) string {
	unit := int64(1000)
	switch {
	case millis <= 0:
		return "at once"
	case millis > 600_000:
		unit = 60_000
	}
	return "+" + ms((millis+unit-1)/unit*unit).String()
}

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// object prints a JSON object with sorted keys.
func object(v map[string]any) string {
	if v == nil {
		v = map[string]any{}
	}
	return encode(v)
}

func encode(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// canonical prints JSON text compactly with sorted keys, and what is no JSON as it is.
func canonical(text string) string {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return text
	}
	return encode(v)
}

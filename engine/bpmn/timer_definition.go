package bpmn

import "github.com/payhub/payhub/engine/feel"

// timerElements are the children of a timer event definition, by kind.
var timerElements = [...]string{TimerDate: "timeDate", TimerDuration: "timeDuration", TimerCycle: "timeCycle"}

// timerKind is the kind of a timer event definition; one is false unless it
// has exactly one.
func timerKind(definition *node) (kind TimerKind, one bool) {
	count := 0
	for k, name := range timerElements {
		if n := len(definition.childrenNamed(bpmnNamespace, name)); n > 0 {
			kind, count = TimerKind(k), count+n
		}
	}
	return kind, count == 1
}

// timerSource is the text of the date, the duration or the cycle.
func timerSource(definition *node, kind TimerKind) string {
	return definition.child(bpmnNamespace, timerElements[kind]).text
}

func checkTimerDefinition(m *model, n *node) {
	kind, one := timerKind(n)
	if !one {
		m.fail(n, "Must be exactly one type of timer: timeDuration, timeDate or timeCycle")
		return
	}
	m.parses(n, timerSource(n, kind))
}

// timerDepth says how far a timer is checked: expressions of start events are
// evaluated when the process is deployed, others when the event is reached.
type timerDepth bool

const (
	staticOnly timerDepth = false
	evaluated  timerDepth = true
)

// checkTimerOf refuses a timer whose value is known now and is none.
func (m *model) checkTimerOf(event, definition *node, depth timerDepth) {
	kind, one := timerKind(definition)
	if !one {
		return
	}
	expr, err := feel.Compile(timerSource(definition, kind))
	if err != nil || !expr.IsStatic() && depth == staticOnly {
		return // a text that does not parse is a finding of the definition
	}
	env := &feel.Env{}
	v, err := expr.Eval(env, nil)
	if err == nil {
		_, err = (&Timer{Kind: kind, Expr: expr}).Schedule(v, 0)
	}
	if err != nil {
		m.fail(event, "Invalid timer %s expression (%s)", kind, env.AppendWarnings(err.Error()))
	}
}

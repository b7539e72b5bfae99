package feel

import (
	"fmt"
)

// node is a compiled expression.
type node func(m *machine) Value

// maxWarnings bounds the list of warnings: a filter over a long list must not fill an incident.
const maxWarnings = 100

// machine is the state of one evaluation. It lives in the Env, so that its slices are used again.
type machine struct {
	scope    Scope
	locals   []Value // variables of loops, contexts, filters and functions, by slot
	stack    []Value // arguments of calls in progress
	warnings []Warning
	env      *Env
	source   string
	timeline bool // DMN: zoned times are equal when they are the same instant, and a date is a midnight in UTC
	err      error
	steps    int // left
	size     int // bytes left
	depth    int // of function calls
	nesting  int // of values that are compared or searched
	zones    map[string]*zone
	regexes  map[string]*regex
}

// start prepares the machine for a program.
func (m *machine) start(env *Env, scope Scope, p *Program) {
	m.env, m.scope, m.source, m.err, m.depth, m.nesting = env, scope, p.source, nil, 0, 0
	m.timeline = p.profile == DMN
	m.warnings, m.stack = m.warnings[:0], m.stack[:0]
	m.steps, m.size = env.MaxSteps, env.MaxSize
	if m.steps == 0 {
		m.steps = DefaultMaxSteps
	}
	if m.size == 0 {
		m.size = DefaultMaxSize
	}
	if cap(m.locals) < p.slots {
		m.locals = make([]Value, p.slots)
	}
	m.locals = m.locals[:p.slots]
}

// fail ends the evaluation with an error; the first one counts.
func (m *machine) fail(err error) Value {
	if m.err == nil {
		m.err = err
	}
	return Null
}

// hard ends the evaluation because the text asks for what cannot be computed; feel-scala throws there, which Zeebe makes
// an incident of.
func (m *machine) hard(why string) Value {
	return m.fail(fmt.Errorf("failed to evaluate expression '%s': %s", m.source, why))
}

// enter guards the recursion over a nested value; leave must follow when it returned true.
func (m *machine) enter() bool {
	if m.nesting == MaxJSONDepth {
		m.fail(fmt.Errorf("%w: a value is nested deeper than %d levels", ErrBudget, MaxJSONDepth))
		return false
	}
	m.nesting++
	return true
}

func (m *machine) leave() { m.nesting-- }

// step takes n steps off the budget and reports whether the evaluation may go on.
func (m *machine) step(n int) bool {
	m.steps -= n
	if m.steps < 0 {
		m.fail(fmt.Errorf("%w: more than %d steps; simplify it or split the data", ErrBudget, m.limit(m.env.MaxSteps, DefaultMaxSteps)))
	}
	return m.err == nil
}

// grow takes n bytes off the budget and reports whether the evaluation may go on.
func (m *machine) grow(n int) bool {
	m.size -= n
	if n < 0 || m.size < 0 {
		m.fail(fmt.Errorf("%w: more than %d bytes of results; make them smaller", ErrBudget, m.limit(m.env.MaxSize, DefaultMaxSize)))
	}
	return m.err == nil
}

// items returns the items of a list; decoding JSON takes off the budget.
func (m *machine) items(v Value) []Value {
	if v.x == rawJSON && !(m.step(int(v.n)/16+1) && m.grow(int(v.n))) {
		return nil
	}
	return v.items()
}

// entries returns the entries of a context; decoding JSON takes off the budget.
func (m *machine) entries(v Value) []Entry {
	if v.x == rawJSON && !(m.step(int(v.n)/16+1) && m.grow(int(v.n))) {
		return nil
	}
	return v.context().Entries()
}

// get reads a key of a context; searching takes off the budget.
func (m *machine) get(v Value, key string) (Value, bool) {
	c := v.context()
	if !m.step(1 + len(c.raw)/256 + len(c.entries)/16) {
		return Null, false
	}
	return c.Get(key)
}

// measure takes the whole size of a value off the budget: parts that it shares count each time, as in its JSON.
func (m *machine) measure(v Value, depth int) bool {
	if depth > MaxJSONDepth {
		m.fail(fmt.Errorf("%w: the result is nested deeper than %d levels", ErrBudget, MaxJSONDepth))
		return false
	}
	switch {
	case v.kind == KindString || v.x == rawJSON && (v.kind == KindList || v.kind == KindContext):
		return m.grow(int(v.n))
	case v.kind == KindList:
		for _, item := range v.items() {
			if !m.measure(item, depth+1) {
				return false
			}
		}
	case v.kind == KindContext:
		for _, e := range v.context().entries {
			if !m.grow(len(e.Key)) || !m.measure(e.Value, depth+1) {
				return false
			}
		}
	case v.kind == KindRange:
		r := (*Range)(v.p)
		return m.measure(r.Low, depth+1) && m.measure(r.High, depth+1)
	}
	return m.grow(1)
}

func (m *machine) limit(set, standard int) int {
	if set == 0 {
		return standard
	}
	return set
}

// warn adds a warning with up to three values.
func (m *machine) warn(t WarningType, format, name string, args ...Value) Value {
	if len(m.warnings) < maxWarnings {
		w := Warning{Type: t, format: format, name: name}
		copy(w.args[:], args)
		m.warnings = append(m.warnings, w)
	}
	return Null
}

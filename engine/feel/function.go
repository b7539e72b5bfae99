package feel

import (
	"fmt"
	"strings"
	"unsafe"
)

// maxCallDepth is how deep functions may call each other.
const maxCallDepth = 200

// function is the content of a FEEL function that the text defines.
type function struct {
	params   []string
	types    []*typeRef
	body     node
	captured []Value // the variables around its definition
	slots    int     // of its evaluation; its parameters follow the captured ones
}

func compileLambda(c *compiler, e *lambda) node {
	layers, slots := c.mark()
	captured := c.slots
	for _, name := range e.params {
		c.push(name)
	}
	// "?" of an outer test and warnings about it are no business of the body
	body, most := c.compile(e.body), c.most
	if e.external {
		body = func(m *machine) Value {
			return m.hard("external functions are not supported; use a service task instead")
		}
	}
	c.release(layers, slots)
	return func(m *machine) Value {
		f := &function{params: e.params, types: e.types, body: body, slots: most}
		f.captured = append(f.captured, m.locals[:captured]...)
		return Value{kind: KindFunction, p: unsafe.Pointer(f)}
	}
}

// invoke calls a function of the text with one argument per parameter.
func (m *machine) invoke(f *function, args []Value) Value {
	if m.depth == maxCallDepth {
		return m.fail(fmt.Errorf("%w: functions call each other more than %d levels deep", ErrBudget, maxCallDepth))
	}
	if !m.step(1) {
		return Null
	}
	outer := m.locals
	m.locals = make([]Value, max(f.slots, len(f.captured)+len(args)))
	n := copy(m.locals, f.captured)
	copy(m.locals[n:], args)
	m.depth++
	v := f.body(m)
	m.depth--
	m.locals = outer
	return v
}

// compileCall compiles an invocation. What the text itself binds comes first, then the built-in functions, then functions that
// are variables of the scope.
func compileCall(c *compiler, e *call) node {
	args := compileArguments(c, e.args)
	switch {
	case e.callee != nil:
		callee := c.compile(e.callee)
		return compileCallValue(c, e, args, callee)
	case e.target != nil:
		target, name := c.compile(e.target), e.name
		return compileCallValue(c, e, args, func(m *machine) Value {
			v := target(m)
			if v.kind != KindContext {
				m.warn(InvalidType, "Expected context but found '%'", "", v)
				return m.hard("Expected context but found '" + excerptOf(v, maxExcerpt) + "'")
			}
			f, _ := m.get(v, name)
			return f
		})
	}
	if items, slot := c.find(e.name); slot >= 0 || len(items) > 0 && builtins[e.name] == nil {
		return compileCallValue(c, e, args, c.name(e.name))
	}
	if overloads, known := builtins[e.name]; known {
		return compileCallBuiltin(c, e, args, overloads)
	}
	name := e.name
	c.variables = append(c.variables, name)
	return compileCallValue(c, e, args, func(m *machine) Value {
		if m.scope != nil {
			v, _ := m.scope.Lookup(name)
			return v
		}
		return Null
	})
}

// compileArguments compiles arguments; a range is a value there.
func compileArguments(c *compiler, list []expr) []node {
	nodes := make([]node, len(list))
	for i, e := range list {
		if r, isRange := e.(*rangeLiteral); isRange {
			nodes[i] = c.rangeValue(r)
		} else {
			nodes[i] = c.compile(e)
		}
	}
	return nodes
}

// compileCallValue compiles the call of a function that is found when it is called.
func compileCallValue(c *compiler, e *call, args []node, callee node) node {
	missing := missingFunction(e)
	params := e.params
	return func(m *machine) Value {
		v := callee(m)
		base := len(m.stack)
		defer func() { m.stack = m.stack[:base] }()
		for _, arg := range args {
			m.stack = append(m.stack, arg(m))
		}
		if m.err != nil {
			return Null
		}
		if v.kind != KindFunction {
			return missing(m)
		}
		f := (*function)(v.p)
		given := m.stack[base:len(m.stack):len(m.stack)]
		if params != nil {
			var ok bool
			if given, ok = f.order(params, given); !ok {
				return missing(m)
			}
		}
		if len(given) != len(f.params) {
			return missing(m)
		}
		for i, t := range f.types {
			if t != nil && given[i].kind != KindNull && !conforms(given[i], t) {
				return m.warn(FunctionInvocationFailure, "Failed to invoke function '#': Illegal argument: '%'", e.name, given[i])
			}
		}
		return m.invoke(f, given)
	}
}

// order puts named arguments into the order of the parameters; one that is not given is null.
func (f *function) order(names []string, args []Value) ([]Value, bool) {
	ordered := make([]Value, len(f.params))
	for i, name := range names {
		at := indexOf(f.params, name)
		if at < 0 {
			return nil, false
		}
		ordered[at] = args[i]
	}
	return ordered, true
}

func indexOf(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}

// missingFunction warns that no function fits a call.
func missingFunction(e *call) node {
	name, detail := e.name, fmt.Sprintf(" and %d parameters", len(e.args))
	if e.params != nil {
		detail = " and parameters: " + strings.Join(e.params, ",")
	}
	return func(m *machine) Value {
		if len(m.warnings) < maxWarnings {
			m.warn(NoFunctionFound, "No function found with name '#'", name)
			m.warnings[len(m.warnings)-1].detail = detail
		}
		return Null
	}
}

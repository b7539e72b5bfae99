package feel

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Profile is the dialect of FEEL.
type Profile uint8

const (
	// Camunda is what Zeebe 8.8 evaluates (feel-scala 1.19): names are Java identifiers or quoted in backticks, a missing
	// variable is null, ranges are tests.
	Camunda Profile = iota
	// DMN accepts what the standard has beyond it: ranges as values, generic type names, typed parameters.
	DMN
)

// Scope is where an expression finds its variables. Lookup must not allocate to keep evaluation free of garbage.
type Scope interface {
	Lookup(name string) (Value, bool)
}

// Defaults of the budgets of an evaluation.
const (
	DefaultMaxSteps = 1_000_000
	DefaultMaxSize  = 8 << 20
)

// Env is what an evaluation may know of the world, and what it leaves behind. It is reusable, not shared: one
// evaluation at a time. The zero Env is 1970-01-01 in UTC with default budgets.
type Env struct {
	// Now is the time of now() and today() in unix milliseconds.
	Now int64
	// Zone is where now() and today() are; nil is UTC.
	Zone *time.Location
	// Seed feeds uuid() and random number(); each use advances it.
	Seed uint64
	// MaxSteps bounds loop rounds, function calls and comparisons of one evaluation; 0 is DefaultMaxSteps.
	MaxSteps int
	// MaxSize bounds the bytes that strings and lists of one evaluation may take together; 0 is DefaultMaxSize.
	MaxSize int

	machine machine
}

// Warnings returns what the last evaluation found suspicious, in order. It is valid until the next evaluation.
func (e *Env) Warnings() []Warning { return e.machine.warnings }

// AppendWarnings appends the warnings of the last evaluation to an incident message the way Zeebe does; without
// warnings the message stays as it is.
func (e *Env) AppendWarnings(message string) string {
	if len(e.machine.warnings) == 0 {
		return message
	}
	var b strings.Builder
	b.WriteString(message)
	b.WriteString(" The evaluation reported the following warnings:\n")
	for i, w := range e.machine.warnings {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(w.String())
	}
	return b.String()
}

// ErrBudget is returned by an evaluation that needs more steps, more memory or a deeper stack than it may.
var ErrBudget = errors.New("the expression needs too much")

// Program is a parsed and compiled FEEL text. It is immutable and may be used by many evaluations at a time, each with
// an Env of its own.
type Program struct {
	source    string
	profile   Profile
	variables []string
	slots     int
	eval      node
}

// Source returns the text the program was parsed from.
func (p *Program) Source() string { return p.source }

// Variables returns the names the program may read from its scope, sorted.
func (p *Program) Variables() []string { return p.variables }

// Expression is a value of a model's attribute: FEEL when its text starts with '=', else a constant.
type Expression struct {
	text    string
	program *Program
	static  Value
}

// Compile reads the text of a model's attribute as Zeebe does: with '=' as its first character the rest is FEEL of the
// Camunda profile; any other text is static, a number when it parses as one, else a string.
func Compile(text string) (*Expression, error) {
	if source, isExpression := strings.CutPrefix(text, "="); isExpression {
		program, err := Parse(source, Camunda)
		if err != nil {
			return nil, err
		}
		return &Expression{text: text, program: program}, nil
	}
	if v, ok := parseNumber(text); ok {
		return &Expression{text: text, static: v}, nil
	}
	return &Expression{text: text, static: String(text)}, nil
}

// IsStatic reports whether the text is a constant, not FEEL.
func (e *Expression) IsStatic() bool { return e.program == nil }

// Static returns the constant of a static expression, null otherwise.
func (e *Expression) Static() Value { return e.static }

// Source returns the expression as messages quote it: FEEL without the leading '=', static text as it is.
func (e *Expression) Source() string {
	if e.program != nil {
		return e.program.source
	}
	return e.text
}

// Text returns the attribute's text as it was given to Compile.
func (e *Expression) Text() string { return e.text }

// Variables returns the names the expression may read from its scope, sorted; none when it is static.
func (e *Expression) Variables() []string {
	if e.program == nil {
		return nil
	}
	return e.program.variables
}

// Eval evaluates the expression. A nil scope has no variables. The error is a failed assertion or ErrBudget.
func (e *Expression) Eval(env *Env, scope Scope) (Value, error) {
	if e.program == nil {
		env.machine.warnings = env.machine.warnings[:0]
		return e.static, nil
	}
	return e.program.Eval(env, scope)
}

// ParseError says why a text is no FEEL and where.
type ParseError struct {
	Source string // the whole text
	Line   int    // from 1
	Column int    // from 1, in characters
	Reason string // what was found and what was expected
}

// Error starts with Zeebe's words, so that tools that look for them find them.
func (e *ParseError) Error() string {
	return fmt.Sprintf("failed to parse expression '%s': %s (line %d, column %d)", e.Source, e.Reason, e.Line, e.Column)
}

// Parse reads a FEEL expression. In the DMN profile names in scope that are no plain identifiers, as "Applicant Age",
// must be given. The error is a *ParseError.
func Parse(src string, p Profile, names ...string) (*Program, error) {
	tree, problem := parseExpression(src, p, names)
	if problem != nil {
		return nil, problem
	}
	c := newCompiler(p)
	return c.program(src, c.compile(tree)), nil
}

// ParseUnaryTests reads unary tests, as in a cell of a decision table; names as for Parse. The error is a *ParseError.
func ParseUnaryTests(src string, p Profile, names ...string) (*Program, error) {
	tree, problem := parseCell(src, p, names)
	if problem != nil {
		return nil, problem
	}
	c := newCompiler(p)
	c.push("?")
	return c.program(src, compileTest(c, tree)), nil
}

// Eval evaluates the program. A nil scope has no variables. The error is a failed assertion or ErrBudget.
func (p *Program) Eval(env *Env, scope Scope) (Value, error) {
	return p.EvalTests(env, scope, Null)
}

// EvalTests evaluates unary tests against an input value; the result is a boolean, or null when the tests could not be
// decided.
func (p *Program) EvalTests(env *Env, scope Scope, input Value) (Value, error) {
	m := &env.machine
	m.start(env, scope, p)
	if len(m.locals) > 0 {
		m.locals[0] = input
	}
	v := p.eval(m)
	m.scope, m.nesting = nil, 0
	if m.err == nil && (v.kind == KindList || v.kind == KindContext) {
		m.measure(v, 0)
	}
	if m.err != nil {
		return Null, m.err
	}
	return v, nil
}

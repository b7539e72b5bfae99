package feel

import (
	"strings"
)

// builtin is one signature of a built-in function. Functions with several numbers of parameters have several.
type builtin struct {
	name     string
	params   []string
	kinds    []kinds
	variadic bool // the last parameter takes any number of arguments, one at least
	call     func(m *machine, args []Value) Value
}

// kinds is a set of kinds that an argument may have.
type kinds uint16

func kindsOf(list ...Kind) (k kinds) {
	for _, kind := range list {
		k |= 1 << kind
	}
	return k
}

// letters are the types in the signatures of this package; "?" behind a letter admits null.
var letters = map[byte]kinds{
	'a': 1<<16 - 1,
	'b': kindsOf(KindBoolean),
	'n': kindsOf(KindNumber),
	's': kindsOf(KindString),
	'l': kindsOf(KindList),
	'c': kindsOf(KindContext),
	'd': kindsOf(KindDate),
	't': kindsOf(KindTime),
	'T': kindsOf(KindDateTime),
	'D': kindsOf(KindDaysTimeDuration),
	'M': kindsOf(KindYearsMonthsDuration),
	'r': kindsOf(KindRange),
	'f': kindsOf(KindFunction),
}

// builtins holds the signatures of each name. It is filled once, before any evaluation, and then only read.
var builtins = collect(conversionFunctions, booleanFunctions, stringFunctions, regexFunctions, numericFunctions, listFunctions,
	statisticFunctions, contextFunctions, temporalFunctions, rangeFunctions, engineFunctions)

func collect(families ...[]builtin) map[string][]*builtin {
	all := make(map[string][]*builtin)
	for _, family := range families {
		for i := range family {
			b := &family[i]
			all[b.name] = append(all[b.name], b)
		}
	}
	return all
}

// def describes a signature: parameters separated by commas, each a name and its types, as "start position n". A type
// with "..." takes any number of arguments.
func def(name, signature string, call func(m *machine, args []Value) Value) builtin {
	b := builtin{name: name, call: call}
	if signature == "" {
		return b
	}
	for param := range strings.SplitSeq(signature, ",") {
		param = strings.TrimSpace(param)
		at := strings.LastIndexByte(param, ' ')
		types := param[at+1:]
		types, b.variadic = strings.CutSuffix(types, "...")
		var k kinds
		for i := range len(types) {
			if types[i] == '?' {
				k |= 1 << KindNull
				continue
			}
			k |= letters[types[i]]
		}
		b.params, b.kinds = append(b.params, param[:at]), append(b.kinds, k)
	}
	return b
}

// accepts reports whether the signature can take n positional arguments.
func (b *builtin) accepts(n int) bool {
	return n == len(b.params) || b.variadic && n >= len(b.params)
}

// takes reports whether the arguments have the right types.
func (b *builtin) takes(args []Value) bool {
	for i, v := range args {
		if b.kinds[min(i, len(b.kinds)-1)]&(1<<v.kind) == 0 {
			return false
		}
	}
	return true
}

// compileCallBuiltin compiles the call of a built-in function: the signatures that fit by number or names of arguments are
// known now; which one fits by type shows when it is called.
func compileCallBuiltin(c *compiler, e *call, args []node, overloads []*builtin) node {
	var fitting []*builtin
	for _, b := range overloads {
		if e.params == nil && b.accepts(len(args)) {
			fitting = append(fitting, b)
		}
		if e.params != nil && b.sorted(e.params) != nil {
			fitting = append(fitting, b)
			args = reorder(args, b.sorted(e.params))
			break
		}
	}
	if len(fitting) == 0 {
		return missingFunction(e)
	}
	name := e.name
	return func(m *machine) Value {
		base := len(m.stack)
		for _, arg := range args {
			m.stack = append(m.stack, arg(m))
		}
		given := m.stack[base:len(m.stack):len(m.stack)]
		v := Null
		if m.step(1) {
			v = m.builtin(name, fitting, given)
		}
		m.stack = m.stack[:base]
		return v
	}
}

func (m *machine) builtin(name string, fitting []*builtin, args []Value) Value {
	for i, v := range args {
		if v.x == rawJSON && v.kind == KindList {
			args[i] = List(m.items(v)...) // decoded once; functions go over it as they like
		}
	}
	for _, b := range fitting {
		if b.takes(args) {
			return b.call(m, args)
		}
	}
	return m.illegal(name, args)
}

// illegal warns that a function does not take these arguments.
func (m *machine) illegal(name string, args []Value) Value {
	if len(m.warnings) >= maxWarnings {
		return Null
	}
	var b strings.Builder
	for i, v := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("'" + excerptOf(v, maxExcerpt) + "'")
	}
	return m.refuse(name, "Illegal arguments: "+b.String())
}

// refuse warns that a function could not do its work.
func (m *machine) refuse(name, why string) Value {
	if len(m.warnings) < maxWarnings {
		m.warn(FunctionInvocationFailure, "Failed to invoke function '#': ", name)
		m.warnings[len(m.warnings)-1].detail = why
	}
	return Null
}

// sorted returns for each parameter the index of the argument of its name; nil when names and parameters differ.
func (b *builtin) sorted(names []string) []int {
	if len(names) != len(b.params) {
		return nil
	}
	order := make([]int, len(b.params))
	for i, param := range b.params {
		if order[i] = indexOf(names, param); order[i] < 0 {
			return nil
		}
	}
	return order
}

func reorder(args []node, order []int) []node {
	sorted := make([]node, len(args))
	for i, from := range order {
		sorted[i] = args[from]
	}
	return sorted
}

package feel

import "fmt"

var booleanFunctions = []builtin{
	def("not", "negand b?a", func(_ *machine, args []Value) Value {
		if args[0].kind != KindBoolean {
			return Null
		}
		return Bool(args[0].n == 0)
	}),
	def("is defined", "value a", func(_ *machine, args []Value) Value { return Bool(args[0].kind != KindNull) }),
	def("get or else", "value a, default a", func(_ *machine, args []Value) Value {
		if args[0].kind == KindNull {
			return args[1]
		}
		return args[0]
	}),
	def("assert", "value a, condition a", assert),
	def("assert", "value a, condition a, cause s", assert),
	def("is", "value1 a, value2 a", same),
}

// same compares values of one type, of times and date-times also the zones (DMN 1.4, table 80).
func same(m *machine, args []Value) Value {
	a, b := args[0], args[1]
	if a.kind != b.kind {
		return Bool(false)
	}
	if a.kind == KindTime || a.kind == KindDateTime {
		return Bool(a.n == b.n && a.x == b.x && sameZone(a.zone(), b.zone()))
	}
	return Bool(m.equal(a, b) == yesTri)
}

// assert ends the evaluation with an error when its condition is not true (feel-scala); the caller makes an incident of
// it.
func assert(m *machine, args []Value) Value {
	if b, ok := args[1].AsBool(); ok && b {
		return args[0]
	}
	cause := "The condition is not fulfilled"
	if len(args) == 3 {
		cause = args[2].str()
	}
	warnAssertion(m, cause)
	return m.fail(fmt.Errorf("Assertion failure on evaluate the expression '%s': %s", m.source, cause))
}

func warnAssertion(m *machine, cause string) {
	if len(m.warnings) < maxWarnings {
		m.warn(AssertFailure, "", "")
		m.warnings[len(m.warnings)-1].detail = cause
	}
}

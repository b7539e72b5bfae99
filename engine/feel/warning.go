package feel

import "strings"

// WarningType is the class of a warning, in feel-scala's words.
type WarningType string

// The classes of warnings.
const (
	NoVariableFound           WarningType = "NO_VARIABLE_FOUND"
	NoContextEntryFound       WarningType = "NO_CONTEXT_ENTRY_FOUND"
	NoPropertyFound           WarningType = "NO_PROPERTY_FOUND"
	NoFunctionFound           WarningType = "NO_FUNCTION_FOUND"
	FunctionInvocationFailure WarningType = "FUNCTION_INVOCATION_FAILURE"
	InvalidType               WarningType = "INVALID_TYPE"
	NotComparable             WarningType = "NOT_COMPARABLE"
	OutOfBounds               WarningType = "OUT_OF_BOUNDS"
	AssertFailure             WarningType = "ASSERT_FAILURE"
)

// Warning is one remark of an evaluation: why something is null. Its text is made only when it is asked for, because
// a missing variable is normal business on the hot path.
type Warning struct {
	Type   WarningType
	format string // '#' stands for name, '%' for the next argument, '&' for the keys of a context
	name   string
	args   [3]Value
	detail string // appended when not empty
}

// Message returns the text of the warning, as feel-scala writes it.
func (w Warning) Message() string {
	var b strings.Builder
	next := 0
	for _, c := range w.format {
		switch c {
		case '#':
			b.WriteString(w.name)
		case '%':
			b.WriteString(excerptOf(w.args[next], maxExcerpt))
			next++
		case '&':
			writeKeys(&b, w.args[next])
			next++
		default:
			b.WriteRune(c)
		}
	}
	b.WriteString(w.detail)
	return b.String()
}

// String returns type and text as they stand in Zeebe's incident messages.
func (w Warning) String() string { return "[" + string(w.Type) + "] " + w.Message() }

func writeKeys(b *strings.Builder, v Value) {
	c, _ := v.AsContext()
	for i, e := range c.Entries() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("'" + e.Key + "'")
	}
}

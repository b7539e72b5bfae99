package feel

import "strconv"

// engineFunctions are Zeebe's own.
var engineFunctions = []builtin{
	def("fromAi", "value a", fromAI),
	def("fromAi", "value a, description s?", fromAI),
	def("fromAi", "value a, description s?, type s?", fromAI),
	def("fromAi", "value a, description s?, type s?, schema c?", fromAI),
	def("fromAi", "value a, description s?, type s?, schema c?, options c?", fromAI),
	def("cycle", "interval DM", func(_ *machine, args []Value) Value { return cycle("R", args[0]) }),
	def("cycle", "repetitions n?, interval DM", func(m *machine, args []Value) Value {
		if args[0].kind == KindNull {
			return cycle("R", args[1])
		}
		n, ok := args[0].AsInt64()
		if !ok {
			return m.illegal("cycle", args)
		}
		return cycle("R"+strconv.FormatInt(n, 10), args[1])
	}),
}

// fromAI marks a value that a connector fills in; evaluated, it is the value itself (Zeebe 8.8).
func fromAI(_ *machine, args []Value) Value { return args[0] }

// cycle writes the ISO-8601 repetition that a timer takes.
func cycle(repetitions string, interval Value) Value {
	return String(string(interval.appendTemporal([]byte(repetitions + "/"))))
}

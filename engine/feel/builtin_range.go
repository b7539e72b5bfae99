package feel

// The relations between points and ranges (DMN table 78). Arguments that cannot be compared give null.
var rangeFunctions = []builtin{
	def("range", "from s", toRange),
	def("before", "a a, b a", relation(func(a, b *span) bool { return a.endsBefore(b) })),
	def("after", "a a, b a", relation(func(a, b *span) bool { return b.endsBefore(a) })),
	def("meets", "range1 r, range2 r", relation(func(a, b *span) bool { return a.meets(b) })),
	def("met by", "range1 r, range2 r", relation(func(a, b *span) bool { return b.meets(a) })),
	def("overlaps", "range1 r, range2 r", relation(func(a, b *span) bool { return !a.endsBefore(b) && !b.endsBefore(a) })),
	def("overlaps before", "range1 r, range2 r", relation(func(a, b *span) bool { return a.overlapsBefore(b) })),
	def("overlaps after", "range1 r, range2 r", relation(func(a, b *span) bool { return b.overlapsBefore(a) })),
	def("finishes", "a a, range r", relation(func(a, b *span) bool { return a.finishes(b) })),
	def("finished by", "range r, b a", relation(func(a, b *span) bool { return b.finishes(a) })),
	def("includes", "range r, b a", relation(func(a, b *span) bool { return a.includes(b) })),
	def("during", "a a, range r", relation(func(a, b *span) bool { return b.includes(a) })),
	def("starts", "a a, range r", relation(func(a, b *span) bool { return a.starts(b) })),
	def("started by", "range r, b a", relation(func(a, b *span) bool { return b.starts(a) })),
	def("coincides", "a a, b a", relation(func(a, b *span) bool { return a.startOrder(b) == 0 && a.endOrder(b) == 0 })),
}

// span is a range; a point is a closed range from itself to itself.
type span Range

func spanOf(v Value) *span {
	if r, ok := v.AsRange(); ok {
		return (*span)(r)
	}
	return &span{Low: v, High: v, LowClosed: true, HighClosed: true}
}

func relation(holds func(a, b *span) bool) func(m *machine, args []Value) Value {
	return func(m *machine, args []Value) Value {
		a, b := spanOf(args[0]), spanOf(args[1])
		if _, ok := order(a.Low, b.High); !ok {
			m.warn(NotComparable, notComparable, "", args[0], args[1])
			return Null
		}
		if _, ok := order(a.High, b.Low); !ok {
			return Null
		}
		return Bool(holds(a, b))
	}
}

func sure(a, b Value) int {
	o, _ := order(a, b)
	return o
}

// endsBefore: no point of a lies at or behind the first point of b.
func (a *span) endsBefore(b *span) bool {
	o := sure(a.High, b.Low)
	return o < 0 || o == 0 && !(a.HighClosed && b.LowClosed)
}

// meets: a ends in the one point where b begins.
func (a *span) meets(b *span) bool {
	return a.HighClosed && b.LowClosed && sure(a.High, b.Low) == 0
}

// startOrder compares where two ranges begin: of equal ends the closed one is earlier.
func (a *span) startOrder(b *span) int {
	if o := sure(a.Low, b.Low); o != 0 || a.LowClosed == b.LowClosed {
		return o
	}
	if a.LowClosed {
		return -1
	}
	return 1
}

// endOrder compares where two ranges end: of equal ends the closed one is later.
func (a *span) endOrder(b *span) int {
	if o := sure(a.High, b.High); o != 0 || a.HighClosed == b.HighClosed {
		return o
	}
	if a.HighClosed {
		return 1
	}
	return -1
}

func (a *span) overlapsBefore(b *span) bool {
	return a.startOrder(b) < 0 && a.endOrder(b) <= 0 && !a.endsBefore(b)
}

func (a *span) includes(b *span) bool { return a.startOrder(b) <= 0 && a.endOrder(b) >= 0 }

func (a *span) starts(b *span) bool { return a.startOrder(b) == 0 && a.endOrder(b) <= 0 }

func (a *span) finishes(b *span) bool { return a.endOrder(b) == 0 && a.startOrder(b) >= 0 }

// toRange reads a range whose ends are literals (DMN 1.4, table 73).
func toRange(m *machine, args []Value) Value {
	tree, problem := parseExpression(args[0].str(), DMN, nil)
	if problem != nil {
		return m.refuse("range", problem.Error())
	}
	e, isRange := tree.(*rangeLiteral)
	if !isRange {
		return m.refuse("range", "'"+clip(args[0].str())+"' is no range")
	}
	low, ok1 := literalValue(e.low)
	high, ok2 := literalValue(e.high)
	o, ordered := order(low, high)
	if !ok1 || !ok2 || !ordered || o > 0 {
		return m.refuse("range", "'"+clip(args[0].str())+"' does not run from one literal to another")
	}
	return NewRange(Range{Low: low, High: high, LowClosed: e.lowClosed, HighClosed: e.highClosed})
}

// literalValue is the value of a literal, a negative number or a temporal function of a string literal.
func literalValue(e expr) (Value, bool) {
	switch e := e.(type) {
	case *literal:
		return e.value, true
	case *negation:
		if v, ok := literalValue(e.of); ok && v.kind == KindNumber {
			return negateNumber(v), true
		}
	case *call:
		if len(e.args) != 1 || e.target != nil || e.params != nil {
			return Null, false
		}
		text, isLiteral := e.args[0].(*literal)
		if !isLiteral || text.value.kind != KindString {
			return Null, false
		}
		switch e.name {
		case "date":
			return parseDate(text.value.str()), true
		case "time":
			return parseTime(text.value.str()), true
		case "date and time":
			return parseDateTime(text.value.str()), true
		case "duration":
			return durationValue(text.value.str()), true
		}
	}
	return Null, false
}

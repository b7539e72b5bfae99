package feel

import (
	"math"
	"strings"
)

// tri is a truth value of three-valued (Kleene) logic.
type tri uint8

const (
	noTri tri = iota
	yesTri
	unknownTri
)

func triOf(b bool) tri {
	if b {
		return yesTri
	}
	return noTri
}

func (t tri) not() tri {
	if t == unknownTri {
		return t
	}
	return yesTri - t
}

func (t tri) value() Value {
	if t == unknownTri {
		return Null
	}
	return Value{kind: KindBoolean, n: int64(t)}
}

const notComparable = "Can't compare '%' with '%'"

// condition takes a value for a truth value; anything but a boolean is unknown, with a warning.
func (m *machine) condition(v Value) tri {
	if v.kind == KindBoolean {
		return tri(v.n)
	}
	m.warn(InvalidType, "Expected boolean but found '%'", "", v)
	return unknownTri
}

func compileLogic(c *compiler, e *logic) node {
	decisive, terms := triOf(e.or), c.compileAll(e.terms)
	return func(m *machine) Value { return m.join(decisive, terms) }
}

// join is the conjunction or disjunction of terms from the left: with the decisive truth value the rest is not
// evaluated. Behind an unknown term the next one is not complained about, but their unknown result is.
func (m *machine) join(decisive tri, terms []node) Value {
	result := m.condition(terms[0](m))
	for i, term := range terms[1:] {
		if result == decisive {
			break
		}
		if result == unknownTri {
			if i > 0 {
				m.condition(Null)
			}
			if v := term(m); v.kind == KindBoolean && tri(v.n) == decisive {
				result = decisive
			}
			continue
		}
		result = m.condition(term(m))
	}
	return result.value()
}

func compileComparison(c *compiler, e *comparison) node {
	op, left, right := e.op, c.compile(e.l), c.compile(e.r)
	if op == notEqual {
		return func(m *machine) Value {
			equality := m.compare(equal, left(m), right(m))
			if equality == unknownTri {
				m.condition(Null)
			}
			return equality.not().value()
		}
	}
	return func(m *machine) Value { return m.compare(op, left(m), right(m)).value() }
}

func compileBetween(c *compiler, e *between) node {
	x, low, high := c.compile(e.x), c.compile(e.low), c.compile(e.high)
	return func(m *machine) Value {
		v := x(m)
		above := m.compare(greaterOrEqual, v, low(m))
		if above == noTri {
			return Bool(false)
		}
		if above == unknownTri {
			m.condition(Null)
			v = x(m) // again, as in "x >= low and x <= high": for the warning when it is missing
		}
		below := m.compare(lessOrEqual, v, high(m))
		if below != noTri && above == unknownTri {
			return Null
		}
		return below.value()
	}
}

// compare carries out a comparison; values that cannot be compared are unknown, with a warning.
func (m *machine) compare(op comparator, a, b Value) tri {
	if op <= notEqual {
		result := m.equal(a, b)
		if result == unknownTri {
			m.warn(NotComparable, notComparable, "", a, b)
		}
		if op == notEqual {
			return result.not()
		}
		return result
	}
	order, ok := order(a, b)
	if !ok {
		m.warn(NotComparable, notComparable, "", a, b)
		return unknownTri
	}
	switch op {
	case less:
		return triOf(order < 0)
	case lessOrEqual:
		return triOf(order <= 0)
	case greater:
		return triOf(order > 0)
	default:
		return triOf(order >= 0)
	}
}

// inRange tests whether v lies in a range.
func (m *machine) inRange(v Value, r *Range) tri {
	result := insideRange(v, r)
	if result == unknownTri {
		m.warn(NotComparable, "Can't compare '%' with '%' and '%'", "", v, r.Low, r.High)
	}
	return result
}

func insideRange(v Value, r *Range) tri {
	low, ok1 := order(v, r.Low)
	high, ok2 := order(v, r.High)
	if !ok1 || !ok2 {
		return unknownTri
	}
	return triOf((low > 0 || low == 0 && r.LowClosed) && (high < 0 || high == 0 && r.HighClosed))
}

// Equal reports whether a and b are equal as FEEL's "=" has it; values of different types are not.
func (v Value) Equal(other Value) bool {
	m := machine{env: &Env{}, steps: math.MaxInt, size: math.MaxInt}
	return m.equal(v, other) == yesTri
}

// equal compares by value; values of different types are unknown, unless one of them is null.
func (m *machine) equal(a, b Value) tri {
	if a.kind != b.kind {
		if a.kind == KindNull || b.kind == KindNull {
			return noTri
		}
		return unknownTri
	}
	switch a.kind {
	case KindNull:
		return yesTri
	case KindBoolean, KindDate, KindYearsMonthsDuration:
		return triOf(a.n == b.n)
	case KindString:
		return triOf(a.str() == b.str())
	case KindNumber:
		return triOf(compareNumbers(a, b) == 0)
	case KindDaysTimeDuration:
		return triOf(a.n == b.n && a.x == b.x)
	case KindTime, KindDateTime:
		if (a.p == nil) != (b.p == nil) {
			return unknownTri // one has a zone, the other is local
		}
		if m.timeline && a.p != nil {
			return triOf(a.x == b.x && a.n-int64(a.zone().offset) == b.n-int64(b.zone().offset))
		}
		return triOf(a.n == b.n && a.x == b.x && sameZone(a.zone(), b.zone()))
	case KindList:
		return m.equalLists(m.items(a), m.items(b))
	case KindContext:
		return m.equalContexts(a, b)
	case KindRange:
		return m.equalRanges((*Range)(a.p), (*Range)(b.p))
	default:
		return unknownTri
	}
}

func sameZone(a, b *zone) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.name == b.name && a.offset == b.offset
}

func (m *machine) equalLists(a, b []Value) tri {
	if len(a) != len(b) {
		return noTri
	}
	if !m.step(len(a)) || !m.enter() {
		return unknownTri
	}
	defer m.leave()
	for i := range a {
		if m.equal(a[i], b[i]) != yesTri {
			return noTri
		}
	}
	return yesTri
}

func (m *machine) equalContexts(a, b Value) tri {
	if !m.enter() {
		return unknownTri
	}
	defer m.leave()
	left, right := m.entries(a), m.entries(b)
	if len(left) != len(right) {
		return noTri
	}
	other := NewContext(right...)
	for _, e := range left {
		v, found := m.get(other, e.Key)
		if !found || m.equal(e.Value, v) != yesTri {
			return noTri
		}
	}
	return yesTri
}

func (m *machine) equalRanges(a, b *Range) tri {
	return triOf(a.LowClosed == b.LowClosed && a.HighClosed == b.HighClosed &&
		m.equal(a.Low, b.Low) == yesTri && m.equal(a.High, b.High) == yesTri)
}

// order compares two values of one ordered type.
func order(a, b Value) (int, bool) {
	if a.kind != b.kind {
		return 0, false
	}
	switch a.kind {
	case KindNumber:
		return compareNumbers(a, b), true
	case KindString:
		return strings.Compare(a.str(), b.str()), true
	case KindDate, KindYearsMonthsDuration:
		return orderInts(a.n, b.n), true
	case KindDaysTimeDuration:
		return orderPair(a.n, b.n, a.x, b.x), true
	case KindTime, KindDateTime:
		z, w := a.zone(), b.zone()
		if (z == nil) != (w == nil) {
			return 0, false
		}
		if z == nil {
			return orderPair(a.n, b.n, a.x, b.x), true
		}
		if o := orderPair(a.n-int64(z.offset), b.n-int64(w.offset), a.x, b.x); o != 0 {
			return o, true
		}
		return orderInts(a.n, b.n), true // the same instant: Java compares the local times next
	default:
		return 0, false
	}
}

func orderPair(a, b int64, x, y int32) int {
	if a == b {
		return orderInts(int64(x), int64(y))
	}
	return orderInts(a, b)
}

func orderInts(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

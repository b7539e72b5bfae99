package feel

// compileInTests compiles "x in test": the test sees x as "?".
func compileInTests(c *compiler, e *inTests) node {
	x := c.compile(e.x)
	layers, slots := c.mark()
	outer := c.usesInput
	slot := c.push("?")
	test := compileTest(c, e.test)
	c.release(layers, slots)
	c.usesInput = outer
	return func(m *machine) Value {
		m.locals[slot] = x(m)
		return test(m)
	}
}

// compileTest compiles what tests the input value: a boolean, or null when it cannot be decided.
func compileTest(c *compiler, e expr) node {
	switch e := e.(type) {
	case *ownTest:
		return compileExpressionTest(c, e.of)
	case *anyInput:
		return func(*machine) Value { return Bool(true) }
	case *testList:
		return compileAnyOf(c, e.tests)
	case *notTests:
		inner := compileTest(c, e.tests[0])
		return func(m *machine) Value { return m.condition(inner(m)).not().value() }
	case *compareTest:
		input, to := c.input(), c.compile(e.to)
		op := e.op
		return func(m *machine) Value { return m.compare(op, input(m), to(m)).value() }
	case *rangeLiteral:
		input, low, high := c.input(), c.compile(e.low), c.compile(e.high)
		return func(m *machine) Value {
			r := Range{Low: low(m), High: high(m), LowClosed: e.lowClosed, HighClosed: e.highClosed}
			v := input(m)
			if v.kind == KindNull {
				input(m) // both ends ask for it: a missing one is warned of twice
			}
			return m.inRange(v, &r).value()
		}
	case *literal:
		input, v := c.input(), e.value
		return func(m *machine) Value { return m.compare(equal, input(m), v).value() }
	}
	return compileExpressionTest(c, e)
}

func compileAnyOf(c *compiler, tests []expr) node {
	nodes := make([]node, len(tests))
	for i, t := range tests {
		nodes[i] = compileTest(c, t)
	}
	return func(m *machine) Value { return m.join(yesTri, nodes) }
}

// compileExpressionTest compiles an expression that stands for a test. When it mentions "?" its own boolean is the answer;
// else its value is compared with the input.
func compileExpressionTest(c *compiler, e expr) node {
	outer := c.usesInput
	c.usesInput = false
	value := c.compile(e)
	own := c.usesInput
	input := c.input()
	c.usesInput = outer || own
	if own {
		return func(m *machine) Value {
			if v := value(m); v.kind == KindBoolean {
				return v
			}
			return Null
		}
	}
	return func(m *machine) Value { return matchesTest(m, input(m), value(m)).value() }
}

// matchesTest compares an input with the value of a test: equal to it, contained in it, or the value is true by itself.
func matchesTest(m *machine, input, v Value) tri {
	switch {
	case v.kind == KindBoolean && input.kind != KindBoolean:
		if v.n != 0 {
			return yesTri
		}
		m.warn(NotComparable, notComparable, "", input, v)
		return noTri
	case v.kind == KindList:
		return containsInput(m, input, v)
	case v.kind == KindRange:
		r, _ := v.AsRange()
		return m.inRange(input, r)
	}
	return m.compare(equal, input, v)
}

// containsInput reports whether a list is or has the input.
func containsInput(m *machine, input, list Value) tri {
	if input.kind == KindList && m.equal(input, list) == yesTri {
		return yesTri
	}
	items := m.items(list)
	if !m.step(len(items)) {
		return unknownTri
	}
	for _, item := range items {
		if r, isRange := item.AsRange(); isRange && m.inRange(input, r) == yesTri {
			return yesTri
		}
		if m.equal(input, item) == yesTri {
			return yesTri
		}
	}
	if input.kind != KindList && input.kind != KindNull {
		m.warn(NotComparable, notComparable, "", input, list)
	}
	return noTri
}

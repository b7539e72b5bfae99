package feel

// domain is what a loop variable runs over: the items of a list, or the numbers of a range.
type domain struct {
	items    []Value
	from, to int64
	numbers  bool
}

// size is how many values the variable takes; ranges may run downwards.
func (d *domain) size() int64 {
	switch {
	case !d.numbers:
		return int64(len(d.items))
	case d.from <= d.to:
		return d.to - d.from + 1
	}
	return d.from - d.to + 1
}

func (d *domain) at(i int64) Value {
	switch {
	case !d.numbers:
		return d.items[i]
	case d.from <= d.to:
		return Int(d.from + i)
	}
	return Int(d.from - i)
}

// turn is a compiled iterator.
type turn struct {
	slot     int
	from, to node // to nil: from is a list
	ranges   bool // a range that is a value may be run through
}

// compileTurns compiles iterators and binds their names. The standard lets an iterator see the ones before it; feel-scala does
// not.
func compileTurns(c *compiler, iterators []iterator) []turn {
	all := make([]turn, len(iterators))
	domains := func(i int) {
		it := iterators[i]
		all[i].from, all[i].ranges = c.compile(it.from), c.profile == DMN
		if it.to != nil {
			all[i].to = c.compile(it.to)
		}
	}
	if c.profile == Camunda {
		for i := range iterators {
			domains(i)
		}
	}
	for i, it := range iterators {
		if c.profile == DMN {
			domains(i)
		}
		all[i].slot = c.push(it.name)
	}
	return all
}

// domainOf evaluates what a variable runs over.
func domainOf(m *machine, t *turn) (d domain, ok bool) {
	from := t.from(m)
	var to Value
	switch r, isRange := from.AsRange(); {
	case t.to != nil:
		to = t.to(m)
	case isRange && t.ranges:
		from, to = r.Low, r.High
		if o, ok := order(from, to); !ok || o > 0 {
			m.warn(InvalidType, "Expected a range that runs upwards but found '%'", "", NewRange(*r))
			return d, false
		}
	case from.kind == KindList:
		return domain{items: m.items(from)}, true
	default:
		m.warn(InvalidType, "Expected list but found '%'", "", from)
		return d, false
	}
	if t.ranges && from.kind == KindDate && to.kind == KindDate {
		return datesOf(m, from.n, to.n)
	}
	for _, v := range [...]Value{from, to} {
		if v.kind != KindNumber {
			m.warn(InvalidType, "Expected number but found '%'", "", v)
			return d, false
		}
	}
	d.numbers = true
	var fits1, fits2 bool
	d.from, fits1 = from.AsInt64()
	d.to, fits2 = to.AsInt64()
	if size := d.size(); !fits1 || !fits2 || size <= 0 || size > int64(m.steps) {
		m.step(m.steps + 1)
		return d, false
	}
	return d, true
}

// datesOf lists the days of a range of dates.
func datesOf(m *machine, from, to int64) (d domain, ok bool) {
	days := domain{from: from, to: to, numbers: true}
	n := days.size()
	if n > int64(m.steps) || !m.grow(int(n)*valueSize) {
		m.step(m.steps + 1)
		return d, false
	}
	for i := range n {
		d.items = append(d.items, dateValue(days.at(i).n))
	}
	return d, true
}

// iterate runs through all combinations of the variables until visit returns false. It returns false when a domain is
// none or the evaluation ended.
func iterate(m *machine, turns []turn, lazy bool, visit func() bool) bool {
	domains := make([]domain, len(turns))
	if !lazy {
		for i := range turns {
			var ok bool
			if domains[i], ok = domainOf(m, &turns[i]); !ok {
				return false
			}
		}
	}
	_, ok := nestTurns(m, turns, domains, 0, lazy, visit)
	return ok
}

func nestTurns(m *machine, turns []turn, domains []domain, level int, lazy bool, visit func() bool) (goOn, ok bool) {
	if level == len(turns) {
		return visit(), m.err == nil
	}
	if lazy {
		d, ok := domainOf(m, &turns[level])
		if !ok {
			return false, false
		}
		domains[level] = d
	}
	d := domains[level]
	for i := range d.size() {
		if !m.step(1) {
			return false, false
		}
		m.locals[turns[level].slot] = d.at(i)
		if goOn, ok := nestTurns(m, turns, domains, level+1, lazy, visit); !goOn {
			return false, ok
		}
	}
	return true, true
}

func compileLoop(c *compiler, e *loop) node {
	layers, slots := c.mark()
	turns := compileTurns(c, e.iterators)
	partial := c.push("partial")
	body := c.compile(e.body)
	c.release(layers, slots)
	lazy := c.profile == DMN
	return func(m *machine) Value {
		var results []Value
		done := iterate(m, turns, lazy, func() bool {
			m.locals[partial] = List(results...)
			v := body(m)
			results = append(results, v)
			return m.grow(valueSize)
		})
		if !done {
			return Null
		}
		return List(results...)
	}
}

func compileQuantified(c *compiler, e *quantified) node {
	layers, slots := c.mark()
	turns := compileTurns(c, e.iterators)
	condition := c.compile(e.condition)
	c.release(layers, slots)
	decisive, lazy := triOf(!e.every), c.profile == DMN
	return func(m *machine) Value {
		result := decisive.not()
		ok := iterate(m, turns, lazy, func() bool {
			switch m.condition(condition(m)) {
			case decisive:
				result = decisive
				return false
			case unknownTri:
				result = unknownTri
			}
			return true
		})
		if !ok {
			return Null
		}
		return result.value()
	}
}

package feel

func compilePath(c *compiler, e *path) node {
	of, key := c.compile(e.of), e.key
	dmn := c.profile == DMN
	return func(m *machine) Value { return memberOf(m, of(m), key, dmn) }
}

// memberOf reads a key of a context, of every item of a list, or a property of a temporal value.
func memberOf(m *machine, v Value, key string, dmn bool) Value {
	switch v.kind {
	case KindContext:
		if member, found := m.get(v, key); found {
			return member
		}
		if v.x != rawJSON && len(v.context().entries) == 0 {
			return m.warn(NoContextEntryFound, "No context entry found with key '#'. The context is empty", key)
		}
		return m.warn(NoContextEntryFound, "No context entry found with key '#'. Available keys: &", key, v)
	case KindNull:
		if v.x == missing {
			return v
		}
		return m.warn(NoContextEntryFound, "No context entry found with key '#'. The context is null", key)
	case KindList:
		items := m.items(v)
		if !m.step(len(items)) || !m.grow(valueSize*len(items)) || !m.enter() {
			return Null
		}
		defer m.leave()
		members := make([]Value, len(items))
		for i, item := range items {
			members[i] = memberOf(m, item, key, dmn)
		}
		return List(members...)
	}
	if p, found := property(v, key, dmn); found {
		return p
	}
	if len(m.warnings) < maxWarnings {
		m.warn(NoPropertyFound, "No property found with name '#' of value '%'. Available properties: ", key, v)
		m.warnings[len(m.warnings)-1].detail = properties(v)
	}
	return Null
}

// property reads a property of a temporal value (DMN table 60 and following).
func property(v Value, key string, dmn bool) (Value, bool) {
	switch v.kind {
	case KindDate:
		return dateProperty(v.n, key)
	case KindTime:
		return timeProperty(v, v.n, key)
	case KindDateTime:
		day, second := floorDiv(v.n, 86400)
		if p, found := dateProperty(day, key); found {
			return p, true
		}
		return timeProperty(v, second, key)
	case KindYearsMonthsDuration:
		switch key {
		case "years":
			return Int(v.n / 12), true
		case "months":
			return Int(v.n % 12), true
		case "value":
			return Int(v.n), dmn
		}
	case KindDaysTimeDuration:
		return durationProperty(v, key, dmn)
	case KindRange:
		return rangeProperty((*Range)(v.p), key, dmn)
	}
	return Null, false
}

func dateProperty(days int64, key string) (Value, bool) {
	year, month, day := dateOf(days)
	switch key {
	case "year":
		return Int(year), true
	case "month":
		return Int(month), true
	case "day":
		return Int(day), true
	case "weekday":
		return Int(weekday(days)), true
	}
	return Null, false
}

func timeProperty(v Value, second int64, key string) (Value, bool) {
	switch key {
	case "hour":
		return Int(second / 3600), true
	case "minute":
		return Int(second / 60 % 60), true
	case "second":
		return Int(second % 60), true
	case "time offset":
		if z := v.zone(); z != nil {
			return daysTime(int64(z.offset), 0), true
		}
		return Null, true
	case "timezone":
		if z := v.zone(); z != nil && z.rules != nil {
			return String(z.name), true
		}
		return Null, true
	}
	return Null, false
}

// durationProperty reads the parts of a days-time duration; all have its sign.
func durationProperty(v Value, key string, dmn bool) (Value, bool) {
	seconds := v.n
	if seconds < 0 && v.x > 0 {
		seconds++ // the fraction counts upwards
	}
	switch key {
	case "days":
		return Int(seconds / 86400), true
	case "hours":
		return Int(seconds / 3600 % 24), true
	case "minutes":
		return Int(seconds / 60 % 60), true
	case "seconds":
		return Int(seconds % 60), true
	case "value":
		return durationAmount(v), dmn
	}
	return Null, false
}

func rangeProperty(r *Range, key string, dmn bool) (Value, bool) {
	switch key {
	case "start":
		return r.Low, dmn
	case "end":
		return r.High, dmn
	case "start included":
		return Bool(r.LowClosed), dmn
	case "end included":
		return Bool(r.HighClosed), dmn
	}
	return Null, false
}

// properties names what property knows of a kind, for a warning.
func properties(v Value) string {
	switch v.kind {
	case KindDate:
		return "'year', 'month', 'day', 'weekday'"
	case KindTime:
		return "'timezone', 'second', 'time offset', 'minute', 'hour'"
	case KindDateTime:
		return "'timezone', 'year', 'second', 'month', 'day', 'time offset', 'weekday', 'minute', 'hour'"
	case KindYearsMonthsDuration:
		return "'years', 'months'"
	case KindDaysTimeDuration:
		return "'days', 'hours', 'minutes', 'seconds'"
	}
	return ""
}

// compileFilter compiles "list[condition]". A condition that is a number selects the item at that position, from 1, or from the
// end when it is negative; any other is evaluated for each item. To know which, it is evaluated once without an item,
// unless it is a comparison or an invocation; those may give a number for an item, too (feel-scala, down to what it
// warns of).
func compileFilter(c *compiler, e *filter) node {
	of := c.compile(e.of)
	probe := node(nil)
	if needsProbe(e.condition) {
		known := len(c.variables)
		probe = c.compile(e.condition)
		c.variables = c.variables[:known] // the condition itself names them, but for "item"
	}
	layers, slots := c.mark()
	slot := c.pushItem()
	condition := c.compile(e.condition)
	c.release(layers, slots)
	scalars := c.profile == DMN
	return func(m *machine) Value {
		v := of(m)
		if v.kind != KindList {
			if !scalars || v.kind == KindNull {
				return m.warn(InvalidType, "Expected list but found '%'", "", v)
			}
			v = List(v) // DMN 10.3.2.5: a value is taken for a list of one
		}
		if probe != nil {
			if index := probe(m); index.kind == KindNumber {
				return itemAt(m.items(v), index)
			}
		}
		return filterItems(m, m.items(v), slot, condition)
	}
}

func needsProbe(e expr) bool {
	switch e := e.(type) {
	case *comparison:
		return e.op == notEqual
	case *call:
		return false
	}
	return true
}

func itemAt(items []Value, index Value) Value {
	i, ok := index.AsInt64()
	n := int64(len(items))
	switch {
	case !ok:
		return Null
	case i > 0 && i <= n:
		return items[i-1]
	case i < 0 && -i <= n:
		return items[n+i]
	}
	return Null
}

func filterItems(m *machine, items []Value, slot int, condition node) Value {
	var kept []Value
	for _, item := range items {
		if !m.step(1) {
			return Null
		}
		m.locals[slot] = item
		switch v := condition(m); {
		case v.kind == KindNumber:
			return itemAt(items, v)
		case v.kind == KindBoolean && v.n != 0:
			kept = append(kept, item)
		}
	}
	if !m.grow(valueSize * len(kept)) {
		return Null
	}
	return List(kept...)
}

func compileInstanceOf(c *compiler, e *instanceOf) node {
	x, t := c.compile(e.x), e.of
	return func(m *machine) Value { return Bool(conforms(x(m), t)) }
}

// conforms reports whether v has a type. Null has none (feel-scala, also for Any).
func conforms(v Value, t *typeRef) bool {
	if v.kind == KindNull {
		return t.name == "Null"
	}
	if t.name == "Any" {
		return true
	}
	if kind, known := typeKinds[t.name]; !known || kind != v.kind {
		return false
	}
	if len(t.args) == 0 {
		return true
	}
	switch v.kind {
	case KindList:
		for _, item := range v.items() {
			if !conforms(item, t.args[0]) {
				return false
			}
		}
	case KindContext:
		for i, key := range t.keys {
			if member, found := v.context().Get(key); !found || !conforms(member, t.args[i]) {
				return false
			}
		}
	case KindRange:
		r := (*Range)(v.p)
		return conforms(r.Low, t.args[0]) && conforms(r.High, t.args[0])
	}
	return true
}

var typeKinds = map[string]Kind{
	"boolean": KindBoolean, "number": KindNumber, "string": KindString, "list": KindList, "context": KindContext,
	"date": KindDate, "time": KindTime, "date and time": KindDateTime, "days and time duration": KindDaysTimeDuration,
	"years and months duration": KindYearsMonthsDuration, "range": KindRange, "function": KindFunction,
	"day-time-duration": KindDaysTimeDuration, "year-month-duration": KindYearsMonthsDuration,
	"date-time": KindDateTime,
}

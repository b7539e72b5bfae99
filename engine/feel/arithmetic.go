package feel

func compileNegation(c *compiler, e *negation) node {
	of := c.compile(e.of)
	dmn := c.profile == DMN
	return func(m *machine) Value {
		v := of(m)
		switch {
		case v.kind == KindNumber:
			return negateNumber(v)
		case dmn && v.kind == KindYearsMonthsDuration:
			return yearsMonths(-v.n)
		case dmn && v.kind == KindDaysTimeDuration:
			return negateDaysTime(v)
		}
		return m.warn(InvalidType, "Expected number but found '%'", "", v)
	}
}

func negateDaysTime(v Value) Value { return daysTime(-v.n, -int64(v.x)) }

func compileArithmetic(c *compiler, e *arithmetic) node {
	left, right := c.compile(e.l), c.compile(e.r)
	switch e.op {
	case '+':
		return func(m *machine) Value { return addValues(m, left(m), right(m)) }
	case '-':
		return func(m *machine) Value { return subtractValues(m, left(m), right(m)) }
	case '*':
		return compileScaled(c, left, right, multiplyValues)
	case '/':
		return compileScaled(c, left, right, divideValues)
	}
	return func(m *machine) Value { return raiseValue(m, left(m), right(m)) }
}

// compileScaled compiles * and /, whose durations differ between the profiles: the standard scales them exactly; feel-scala
// multiplies by the integral part of the number, divides milliseconds, and takes the integral part of a ratio.
func compileScaled(c *compiler, left, right node, op func(m *machine, a, b Value, exact bool) Value) node {
	exact := c.profile == DMN
	return func(m *machine) Value { return op(m, left(m), right(m), exact) }
}

// addValues adds numbers, joins strings, moves points in time by durations and adds durations.
func addValues(m *machine, a, b Value) Value {
	switch {
	case a.kind == KindNumber && b.kind == KindNumber:
		if v, ok := addNumbers(a, b); ok {
			return v
		}
	case a.kind == KindString && b.kind == KindString:
		if !m.grow(int(a.n + b.n)) {
			return Null
		}
		return String(a.str() + b.str())
	case isDuration(b):
		if v := move(a, b); v.kind != KindNull {
			return v
		}
	case isDuration(a):
		if v := move(b, a); v.kind != KindNull {
			return v
		}
	}
	return m.warn(InvalidType, "Can't add '%' to '%'", "", b, a)
}

func subtractValues(m *machine, a, b Value) Value {
	switch {
	case a.kind == KindNumber && b.kind == KindNumber:
		if v, ok := subtractNumbers(a, b); ok {
			return v
		}
	case b.kind == KindYearsMonthsDuration:
		if v := move(a, yearsMonths(-b.n)); v.kind != KindNull {
			return v
		}
	case b.kind == KindDaysTimeDuration:
		if v := move(a, negateDaysTime(b)); v.kind != KindNull {
			return v
		}
	case a.kind == b.kind:
		if v := distance(a, b); v.kind != KindNull {
			return v
		}
	case m.timeline && a.kind == KindDateTime && b.kind == KindDate:
		return distance(a, midnight(b))
	case m.timeline && a.kind == KindDate && b.kind == KindDateTime:
		return distance(midnight(a), b)
	}
	return m.warn(InvalidType, "Can't subtract '%' from '%'", "", b, a)
}

// midnight is the date-time that a date stands for beside date-times (DMN 10.3.2.3.5).
func midnight(date Value) Value {
	return dateTimeValue(DateTime{seconds: date.n * 86400, zone: utc})
}

func isDuration(v Value) bool {
	return v.kind == KindDaysTimeDuration || v.kind == KindYearsMonthsDuration
}

// move adds a duration to a point in time or to a duration of its kind; null where that makes no sense.
func move(v, by Value) Value {
	switch {
	case v.kind == KindYearsMonthsDuration && by.kind == KindYearsMonthsDuration:
		if sum, ok := addInts(v.n, by.n); ok {
			return yearsMonths(sum)
		}
	case v.kind == KindDaysTimeDuration && by.kind == KindDaysTimeDuration:
		if sum, ok := addInts(v.n, by.n); ok {
			return daysTime(sum, int64(v.x)+int64(by.x))
		}
	case v.kind == KindDate:
		return moveDate(v, by)
	case v.kind == KindDateTime:
		return moveDateTime(v, by)
	case v.kind == KindTime && by.kind == KindDaysTimeDuration:
		carry, nanos := floorDiv(int64(v.x)+int64(by.x), 1e9)
		_, second := floorDiv(v.n+by.n%86400+carry, 86400)
		return timeValue(second, int32(nanos), v.zone())
	}
	return Null
}

func moveDate(v, by Value) Value {
	if by.kind == KindYearsMonthsDuration {
		if days, ok := addMonths(v.n, by.n); ok {
			return dateValue(days)
		}
		return Null
	}
	days, _ := floorDiv(by.n, 86400)
	return dateValue(v.n + days)
}

// moveDateTime moves the local time by months, and the instant by days and time.
func moveDateTime(v, by Value) Value {
	d := v.dateTime()
	if by.kind == KindYearsMonthsDuration {
		day, second := floorDiv(d.seconds, 86400)
		day, ok := addMonths(day, by.n)
		if !ok {
			return Null
		}
		d.seconds = day*86400 + second
		return dateTimeValue(zoned(d, d.zone))
	}
	carry, nanos := floorDiv(int64(d.nanos)+int64(by.x), 1e9)
	seconds, ok := addInts(d.seconds, by.n+carry)
	if !ok {
		return Null
	}
	if d.zone != nil {
		z := offsetAt(seconds-int64(d.zone.offset), d.zone)
		seconds += int64(z.offset) - int64(d.zone.offset)
		d.zone = z
	}
	return dateTimeValue(DateTime{seconds: seconds, nanos: int32(nanos), zone: d.zone})
}

// distance is the days-time duration from b to a, both dates, times or date-times, both with a zone or none.
func distance(a, b Value) Value {
	switch a.kind {
	case KindDate:
		return daysTime((a.n-b.n)*86400, 0)
	case KindTime, KindDateTime:
		z, w := a.zone(), b.zone()
		if (z == nil) != (w == nil) {
			return Null
		}
		seconds := a.n - b.n
		if z != nil {
			seconds -= int64(z.offset) - int64(w.offset)
		}
		return daysTime(seconds, int64(a.x)-int64(b.x))
	}
	return Null
}

func multiplyValues(m *machine, a, b Value, exact bool) Value {
	switch {
	case a.kind == KindNumber && b.kind == KindNumber:
		if v, ok := multiplyNumbers(a, b); ok {
			return v
		}
	case isDuration(a) && b.kind == KindNumber:
		if v := scaleDuration(a, b, exact); v.kind != KindNull {
			return v
		}
	case isDuration(b) && a.kind == KindNumber:
		if v := scaleDuration(b, a, exact); v.kind != KindNull {
			return v
		}
	}
	return m.warn(InvalidType, "Can't multiply '%' by '%'", "", a, b)
}

func scaleDuration(d, by Value, exact bool) Value {
	if !exact {
		factor, ok := by.AsInt64()
		if !ok {
			return Null
		}
		by = Int(factor)
	}
	product, ok := multiplyNumbers(durationAmount(d), by)
	if !ok {
		return Null
	}
	return durationOf(d.kind, product)
}

func divideValues(m *machine, a, b Value, exact bool) Value {
	switch {
	case a.kind == KindNumber && b.kind == KindNumber:
		if v, ok := divideNumbers(a, b); ok {
			return v
		}
	case isDuration(a) && a.kind == b.kind:
		if v, ok := divideNumbers(durationAmount(a), durationAmount(b)); ok {
			if whole, fits := v.AsInt64(); fits && !exact {
				return Int(whole)
			}
			return v
		}
	case isDuration(a) && b.kind == KindNumber:
		if v, ok := divideNumbers(durationAmount(a), b); ok {
			if v = durationOf(a.kind, v); !exact && v.kind == KindDaysTimeDuration {
				v.x -= v.x % 1e6
			}
			if v.kind != KindNull {
				return v
			}
		}
	}
	return m.warn(InvalidType, "Can't divide '%' by '%'", "", a, b)
}

// raiseValue raises numbers. What has no real result is null.
func raiseValue(m *machine, a, b Value) Value {
	for _, v := range [...]Value{a, b} {
		if v.kind != KindNumber {
			return m.warn(InvalidType, "Expected number but found '%'", "", v)
		}
	}
	v, ok := powerNumbers(a, b)
	if !ok {
		return m.hard("'" + a.String() + "' cannot be raised to the power of '" + b.String() + "'")
	}
	return v
}

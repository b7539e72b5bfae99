package feel

import (
	"fmt"
	"strings"
)

var conversionFunctions = []builtin{
	def("string", "from a", func(m *machine, args []Value) Value { return toText(m, args[0]) }),
	def("number", "from s", func(m *machine, args []Value) Value { return numberOf(m, args[0].str()) }),
	def("number", "from s, grouping separator s?", toNumber),
	def("number", "from s, grouping separator s?, decimal separator s?", toNumber),
	def("date", "from sdT", toDate),
	def("date", "year n, month n, day n", dateFromParts),
	def("time", "from stTd", toTime),
	def("time", "hour n, minute n, second n", timeFromParts),
	def("time", "hour n, minute n, second n, offset D?", timeFromParts),
	def("date and time", "from sdT", toDateTime),
	def("date and time", "date dT, time t", dateTimeFromParts),
	def("date and time", "date T, timezone s", dateTimeInZone),
	def("duration", "from s", func(_ *machine, args []Value) Value { return durationValue(args[0].str()) }),
	def("years and months duration", "from dT, to dT", yearsMonthsBetween),
	def("from json", "value s", fromJSON),
	def("to json", "value a", toJSON),
}

// toText is string(): null stays null, a string stays as it is.
func toText(m *machine, v Value) Value {
	if v.kind == KindNull || v.kind == KindString {
		return v
	}
	w := textWriter{most: m.size}
	w.value(v)
	if w.cut {
		m.grow(m.size + 1)
		return Null
	}
	m.grow(len(w.text))
	return String(alias(w.text))
}

func numberOf(m *machine, text string) Value {
	if v, ok := parseNumber(text); ok {
		return v
	}
	return m.refuse("number", "Can't parse '"+text+"' as a number")
}

// toNumber removes the grouping separator and turns the decimal separator into a point.
func toNumber(m *machine, args []Value) Value {
	text := args[0].str()
	if group, ok := args[1].AsString(); ok && group != "" {
		text = strings.ReplaceAll(text, group, "")
	}
	if len(args) == 3 {
		if point, ok := args[2].AsString(); ok && point != "" && point != "." {
			text = strings.ReplaceAll(text, point, ".")
		}
	}
	return numberOf(m, text)
}

func toDate(_ *machine, args []Value) Value {
	switch v := args[0]; v.kind {
	case KindString:
		return parseDate(v.str())
	case KindDateTime:
		day, _ := floorDiv(v.n, 86400)
		return dateValue(day)
	default:
		return v
	}
}

func dateFromParts(m *machine, args []Value) Value {
	year, ok1 := args[0].AsInt64()
	month, ok2 := args[1].AsInt64()
	day, ok3 := args[2].AsInt64()
	if !ok1 || !ok2 || !ok3 || year > maxYear || year < -maxYear || month < 1 || month > 12 ||
		day < 1 || day > monthLength(year, month) {
		return m.refuse("date", fmt.Sprintf("Failed to parse date from: year=%s, month=%s, day=%s", args[0], args[1], args[2]))
	}
	return dateValue(daysOf(year, month, day))
}

func toTime(_ *machine, args []Value) Value {
	switch v := args[0]; v.kind {
	case KindString:
		return parseTime(v.str())
	case KindDateTime:
		_, second := floorDiv(v.n, 86400)
		return timeValue(second, v.x, v.zone())
	case KindDate:
		return timeValue(0, 0, utc)
	default:
		return v
	}
}

func timeFromParts(m *machine, args []Value) Value {
	hour, ok1 := args[0].AsInt64()
	minute, ok2 := args[1].AsInt64()
	second := durationOf(KindDaysTimeDuration, args[2])
	if !ok1 || !ok2 || second.IsNull() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second.n < 0 || second.n > 59 {
		return m.refuse("time", fmt.Sprintf("Failed to parse local-time from: hour=%s, minute=%s, second=%s", args[0], args[1], args[2]))
	}
	var z *zone
	if len(args) == 4 && args[3].kind != KindNull {
		if z = offsetZone(args[3].n); z == nil {
			return m.refuse("time", fmt.Sprintf("the offset '%s' is more than 18 hours", args[3]))
		}
	}
	return timeValue(hour*3600+minute*60+second.n, second.x, z)
}

// offsetZone makes a zone of an offset in seconds, nil when it is out of bounds.
func offsetZone(seconds int64) *zone {
	switch {
	case seconds == 0:
		return utc
	case seconds > 18*3600 || seconds < -18*3600:
		return nil
	}
	return &zone{offset: int32(seconds)}
}

func toDateTime(_ *machine, args []Value) Value {
	switch v := args[0]; v.kind {
	case KindString:
		return parseDateTime(v.str())
	case KindDate:
		return dateTimeValue(DateTime{seconds: v.n * 86400})
	default:
		return v
	}
}

func dateTimeFromParts(m *machine, args []Value) Value {
	day := toDate(m, args[:1]).n
	t := args[1]
	d := DateTime{seconds: day*86400 + t.n, nanos: t.x}
	if z := t.zone(); z != nil {
		d = zoned(d, z)
	}
	return dateTimeValue(d)
}

// dateTimeInZone shows an instant in another zone; a local date-time gets the zone.
func dateTimeInZone(m *machine, args []Value) Value {
	z := zoneOf(m, args[1].str())
	if z == nil {
		return m.refuse("date and time", "unknown timezone '"+args[1].str()+"'")
	}
	d := args[0].dateTime()
	if d.zone == nil {
		return dateTimeValue(zoned(d, z))
	}
	unix := d.seconds - int64(d.zone.offset)
	z = offsetAt(unix, z)
	return dateTimeValue(DateTime{seconds: unix + int64(z.offset), nanos: d.nanos, zone: z})
}

// zoneOf finds a zone by name or offset and remembers it, because finding one reads a database.
func zoneOf(m *machine, name string) *zone {
	if z, known := m.zones[name]; known {
		return z
	}
	r := reader{text: name}
	z := r.zone()
	if z == nil || r.bad {
		z = namedZone(name)
	}
	if m.zones == nil {
		m.zones = make(map[string]*zone)
	}
	if len(m.zones) < 1000 {
		m.zones[name] = z
	}
	return z
}

// yearsMonthsBetween counts the whole months from one date to another.
func yearsMonthsBetween(m *machine, args []Value) Value {
	from, to := toDate(m, args[:1]).n, toDate(m, args[1:]).n
	y1, m1, d1 := dateOf(from)
	y2, m2, d2 := dateOf(to)
	months := (y2-y1)*12 + m2 - m1
	switch {
	case months > 0 && d2 < d1:
		months--
	case months < 0 && d2 > d1:
		months++
	}
	return yearsMonths(months)
}

func fromJSON(m *machine, args []Value) Value {
	v, err := FromJSON([]byte(args[0].str()))
	if err != nil {
		return m.refuse("from json", "Failed to parse JSON: "+err.Error())
	}
	return v
}

func toJSON(m *machine, args []Value) Value {
	if !m.measure(args[0], 0) {
		return Null
	}
	return String(alias(args[0].AppendJSON(nil)))
}

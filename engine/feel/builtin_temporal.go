package feel

var temporalFunctions = []builtin{
	def("now", "", func(m *machine, _ []Value) Value { return FromUnixMilli(m.env.Now, m.env.Zone) }),
	def("today", "", func(m *machine, _ []Value) Value {
		return toDate(m, []Value{FromUnixMilli(m.env.Now, m.env.Zone)})
	}),
	def("day of year", "date dT", onDate(func(days int64) Value {
		year, _, _ := dateOf(days)
		return Int(days - daysOf(year, 1, 1) + 1)
	})),
	def("day of week", "date dT", onDate(func(days int64) Value { return String(dayNames[weekday(days)-1]) })),
	def("month of year", "date dT", onDate(func(days int64) Value {
		_, month, _ := dateOf(days)
		return String(monthNames[month-1])
	})),
	def("week of year", "date dT", onDate(weekOfYear)),
	def("last day of month", "date dT", onDate(func(days int64) Value {
		year, month, _ := dateOf(days)
		return dateValue(daysOf(year, month, monthLength(year, month)))
	})),
}

var dayNames = [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

var monthNames = [...]string{
	"January", "February", "March", "April", "May", "June", "July", "August", "September",
	"October", "November", "December",
}

func onDate(f func(days int64) Value) func(m *machine, args []Value) Value {
	return func(m *machine, args []Value) Value { return f(toDate(m, args).n) }
}

// weekOfYear counts as ISO 8601: week 1 has the year's first Thursday.
func weekOfYear(days int64) Value {
	thursday := days - weekday(days) + 4
	year, _, _ := dateOf(thursday)
	return Int((thursday-daysOf(year, 1, 1))/7 + 1)
}

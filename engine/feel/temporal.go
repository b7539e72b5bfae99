package feel

import (
	"math"
	"time"
	"unsafe"
)

// zone is the zone of a time or date-time: an offset, or a name with its rules.
type zone struct {
	name   string         // "Europe/Berlin"; empty for a plain offset
	rules  *time.Location // nil for a plain offset
	offset int32          // seconds east of UTC; of the instant where there are rules
}

var utc = &zone{}

// DateTime is a point in time, or a local date and time when it has no zone.
type DateTime struct {
	seconds int64 // local, since 1970-01-01T00:00
	nanos   int32
	zone    *zone
}

// AsDateTime returns the date-time v; ok is false for any other kind.
func (v Value) AsDateTime() (d DateTime, ok bool) {
	if v.kind != KindDateTime {
		return DateTime{}, false
	}
	return v.dateTime(), true
}

// UnixMilli returns the instant in milliseconds since 1970-01-01T00:00Z. A local date-time is taken in the given zone;
// nil is UTC.
func (d DateTime) UnixMilli(local *time.Location) int64 {
	z := d.zone
	if z == nil {
		z = resolve(d.seconds, locationZone(local))
	}
	return (d.seconds-int64(z.offset))*1000 + int64(d.nanos/1e6)
}

// FromUnixMilli returns the date-time of an instant in a zone; nil is UTC.
func FromUnixMilli(ms int64, in *time.Location) Value {
	seconds, rest := floorDiv(ms, 1000)
	z := offsetAt(seconds, locationZone(in))
	return dateTimeValue(DateTime{seconds: seconds + int64(z.offset), nanos: int32(rest) * 1e6, zone: z})
}

// locationZone is the zone of a location; UTC and nil are the plain offset zero.
func locationZone(l *time.Location) *zone {
	if l == nil || l == time.UTC {
		return utc
	}
	return &zone{name: l.String(), rules: l}
}

// offsetAt returns z with the offset that its rules have at an instant.
func offsetAt(unix int64, z *zone) *zone {
	if z == nil || z.rules == nil {
		return z
	}
	_, offset := time.Unix(unix, 0).In(z.rules).Zone()
	if int32(offset) == z.offset {
		return z
	}
	return &zone{name: z.name, rules: z.rules, offset: int32(offset)}
}

// resolve returns z with the offset that holds at a local time. Where the local time exists twice the earlier instant
// counts; where it does not exist, the offset before the gap (java.time.ZonedDateTime.ofLocal).
func resolve(local int64, z *zone) *zone {
	if z == nil || z.rules == nil {
		return z
	}
	const day = 86400
	before := offsetAt(local-int64(z.offset)-day, z)
	if offsetAt(local-int64(before.offset), before).offset == before.offset {
		return before
	}
	after := offsetAt(local-int64(z.offset)+day, z)
	if offsetAt(local-int64(after.offset), after).offset == after.offset {
		return after
	}
	return before
}

// zoned makes a date-time of a local time in a zone; a local time in a gap moves forward by the gap.
func zoned(d DateTime, z *zone) DateTime {
	if z == nil {
		return d
	}
	z = resolve(d.seconds, z)
	unix := d.seconds - int64(z.offset)
	z = offsetAt(unix, z)
	return DateTime{seconds: unix + int64(z.offset), nanos: d.nanos, zone: z}
}

func (v Value) dateTime() DateTime {
	return DateTime{seconds: v.n, nanos: v.x, zone: (*zone)(v.p)}
}

func (v Value) zone() *zone { return (*zone)(v.p) }

func dateTimeValue(d DateTime) Value {
	if d.seconds > maxDay*86400 || d.seconds < -maxDay*86400 {
		return Null
	}
	return Value{kind: KindDateTime, n: d.seconds, x: d.nanos, p: unsafe.Pointer(d.zone)}
}

// dateValue makes a date of days since 1970-01-01; null outside of the years ±999,999,999.
func dateValue(days int64) Value {
	if days > maxDay || days < -maxDay {
		return Null
	}
	return Value{kind: KindDate, n: days}
}

// timeValue makes a time of the second of the day.
func timeValue(seconds int64, nanos int32, z *zone) Value {
	return Value{kind: KindTime, n: seconds, x: nanos, p: unsafe.Pointer(z)}
}

// daysTime makes a days-time duration; null when it is outside of int64 seconds.
func daysTime(seconds int64, nanos int64) Value {
	carry, rest := floorDiv(nanos, 1e9)
	sum, ok := addInts(seconds, carry)
	if !ok {
		return Null
	}
	return Value{kind: KindDaysTimeDuration, n: sum, x: int32(rest)}
}

// yearsMonths makes a years-months duration.
func yearsMonths(months int64) Value { return Value{kind: KindYearsMonthsDuration, n: months} }

const (
	maxYear = 999_999_999
	maxDay  = 365_243_300_000
)

func addInts(a, b int64) (int64, bool) {
	sum := a + b
	return sum, (sum > a) == (b > 0)
}

// floorDiv divides with a remainder that is never negative.
func floorDiv(a, b int64) (quotient, remainder int64) {
	quotient, remainder = a/b, a%b
	if remainder < 0 {
		quotient, remainder = quotient-1, remainder+b
	}
	return quotient, remainder
}

// daysOf returns the days since 1970-01-01 of a date in the proleptic Gregorian calendar. Years begin in March here, so
// that the leap day is the last one.
func daysOf(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era, yearOfEra := floorDiv(year, 400)
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	return era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468
}

// dateOf is the opposite of daysOf.
func dateOf(days int64) (year, month, day int64) {
	era, dayOfEra := floorDiv(days+719468, 146097)
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*dayOfYear + 2) / 153
	day = dayOfYear - (153*shifted+2)/5 + 1
	month, year = shifted+3, era*400+yearOfEra
	if month > 12 {
		month, year = month-12, year+1
	}
	return year, month, day
}

// monthLength returns the days of a month.
func monthLength(year, month int64) int64 {
	switch month {
	case 2:
		if leapYear(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

func leapYear(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// addMonths moves a date by months; a day that the month does not have becomes its last one. ok is false outside of the
// calendar.
func addMonths(days, months int64) (int64, bool) {
	year, month, day := dateOf(days)
	if months > 12*2*maxYear || months < -12*2*maxYear {
		return 0, false
	}
	year, month = floorDiv(year*12+month-1+months, 12)
	month++
	if year > maxYear || year < -maxYear {
		return 0, false
	}
	return daysOf(year, month, min(day, monthLength(year, month))), true
}

// weekday is 1 for Monday to 7 for Sunday.
func weekday(days int64) int64 {
	_, w := floorDiv(days+3, 7)
	return w + 1
}

// AddTo adds the duration to an instant (unix milliseconds): months and days by the calendar of the zone (nil is UTC),
// the rest as elapsed time. The result stays within int64.
func (d Duration) AddTo(ms int64, in *time.Location) int64 {
	if d.Months != 0 || d.Days != 0 {
		t := FromUnixMilli(ms, in)
		if t.IsNull() {
			return saturated(ms, d.Months+d.Days)
		}
		local := t.dateTime()
		day, second := floorDiv(local.seconds, 86400)
		day, ok := addMonths(day, d.Months)
		if !ok || d.Days > maxDay || d.Days < -maxDay {
			return saturated(ms, d.Months+d.Days)
		}
		local.seconds = (day+d.Days)*86400 + second
		ms = zoned(local, locationZone(in)).UnixMilli(in)
	}
	if d.Seconds > math.MaxInt64/2000 || d.Seconds < math.MinInt64/2000 {
		return saturated(ms, d.Seconds)
	}
	sum, ok := addInts(ms, d.Seconds*1000+int64(d.Nanos/1e6))
	if !ok {
		return saturated(ms, d.Seconds)
	}
	return sum
}

func saturated(_, direction int64) int64 {
	if direction < 0 {
		return math.MinInt64
	}
	return math.MaxInt64
}

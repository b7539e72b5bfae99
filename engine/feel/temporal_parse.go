package feel

import (
	"errors"
	"fmt"
	"strings"
)

// Duration is an ISO-8601 duration: a calendar part (Months, Days) and an exact part (Seconds, Nanos). All parts are
// signed; Nanos is between 0 and 999,999,999 and counts upwards, as in Java's Duration. Weeks are seven days. In a FEEL
// days-time duration a day is 24 hours and part of Seconds.
type Duration struct {
	Months  int64
	Days    int64
	Seconds int64
	Nanos   int32
}

// ParseDuration reads an ISO-8601 duration as Java's Period and Duration do together: "P1Y2M3W4DT5H6M7.8S", in upper or
// lower case, a sign before each number and before the whole. At least one part must be there.
func ParseDuration(text string) (Duration, error) {
	d, _, err := parseDuration(text)
	if err != nil {
		return Duration{}, fmt.Errorf("'%s' is no ISO-8601 duration: %w", text, err)
	}
	return d, nil
}

// The designators of a duration in the order in which they may occur.
const designators = "YMWDhms"

// durationParts says which designators a text has: bit i stands for designators[i].
type durationParts uint8

func (p durationParts) yearsMonths() bool { return p&^0b11 == 0 }
func (p durationParts) daysTime() bool    { return p&0b111 == 0 }

func parseDuration(text string) (d Duration, parts durationParts, err error) {
	rest := text
	negative := false
	if len(rest) > 0 && (rest[0] == '-' || rest[0] == '+') {
		negative, rest = rest[0] == '-', rest[1:]
	}
	if len(rest) == 0 || rest[0]|0x20 != 'p' {
		return d, 0, errors.New("it must begin with P")
	}
	rest = rest[1:]
	inTime, fresh := false, false
	for next := 0; rest != ""; {
		if rest[0]|0x20 == 't' && !inTime {
			inTime, fresh, next, rest = true, true, 4, rest[1:]
			continue
		}
		n, tail, err := parseAmount(rest)
		if err != nil {
			return d, 0, err
		}
		at := designator(tail[0], inTime)
		if at < next {
			return d, 0, fmt.Errorf("'%c' is not expected here", tail[0])
		}
		if n.fraction && designators[at] != 's' {
			return d, 0, errors.New("only seconds can have a fraction")
		}
		parts |= 1 << at
		if !d.add(designators[at], n) {
			return d, 0, errors.New("it is too long")
		}
		next, rest, fresh = at+1, tail[1:], false
	}
	if parts == 0 || fresh {
		return d, 0, errors.New("a number with a unit is missing")
	}
	if negative {
		d = d.negated()
	}
	return d, parts, nil
}

// designator returns the index of a unit's letter, or -1.
func designator(letter byte, inTime bool) int {
	if inTime {
		return strings.IndexByte(designators, letter|0x20)
	}
	return strings.IndexByte(designators, letter&^0x20)
}

// amount is a signed decimal number.
type amount struct {
	whole    int64
	nanos    int64 // of the same sign
	fraction bool
}

// parseAmount reads a number that is followed by at least one character.
func parseAmount(text string) (n amount, tail string, err error) {
	i, sign := 0, int64(1)
	if text[0] == '-' || text[0] == '+' {
		if text[0] == '-' {
			sign = -1
		}
		i++
	}
	start := i
	for ; i < len(text) && isDigit(text[i]); i++ {
		if i-start == 18 {
			return n, "", errors.New("a number is too long")
		}
		n.whole = n.whole*10 + int64(text[i]-'0')
	}
	if i == start {
		return n, "", errors.New("a number is missing")
	}
	if i < len(text) && (text[i] == '.' || text[i] == ',') {
		n.fraction = true
		i++
		scale := int64(1e8)
		for ; i < len(text) && isDigit(text[i]); i++ {
			if scale == 0 {
				return n, "", errors.New("a fraction has more than nine digits")
			}
			n.nanos += int64(text[i]-'0') * scale
			scale /= 10
		}
	}
	if i == len(text) {
		return n, "", errors.New("a unit is missing at its end")
	}
	n.whole, n.nanos = n.whole*sign, n.nanos*sign
	return n, text[i:], nil
}

// add adds an amount of one unit; false on overflow.
func (d *Duration) add(unit byte, n amount) bool {
	target, factor := &d.Seconds, int64(1)
	switch unit {
	case 'Y':
		target, factor = &d.Months, 12
	case 'M':
		target = &d.Months
	case 'W':
		target, factor = &d.Days, 7
	case 'D':
		target = &d.Days
	case 'h':
		factor = 3600
	case 'm':
		factor = 60
	}
	product, ok := multiplyInts(n.whole, factor)
	if !ok {
		return false
	}
	sum, ok := addInts(*target, product)
	if !ok {
		return false
	}
	*target = sum
	if n.nanos < 0 {
		d.Seconds--
		n.nanos += 1e9
	}
	d.Nanos += int32(n.nanos)
	return true
}

func (d Duration) negated() Duration {
	n := Duration{Months: -d.Months, Days: -d.Days, Seconds: -d.Seconds}
	if d.Nanos > 0 {
		n.Seconds--
		n.Nanos = 1e9 - d.Nanos
	}
	return n
}

// durationValue reads a FEEL duration: years and months, or days and time; anything else is null.
func durationValue(text string) Value {
	d, parts, err := parseDuration(text)
	switch {
	case err != nil:
		return Null
	case parts.yearsMonths():
		return yearsMonths(d.Months)
	case parts.daysTime():
		days, ok := multiplyInts(d.Days, 86400)
		if seconds, fits := addInts(days, d.Seconds); ok && fits {
			return daysTime(seconds, int64(d.Nanos))
		}
	}
	return Null
}

// reader takes fields of fixed width off a text.
type reader struct {
	text string
	bad  bool
}

// digits takes exactly n digits.
func (r *reader) digits(n int) int64 {
	if len(r.text) < n {
		r.bad = true
		return 0
	}
	var value int64
	for i := range n {
		if !isDigit(r.text[i]) {
			r.bad = true
			return 0
		}
		value = value*10 + int64(r.text[i]-'0')
	}
	r.text = r.text[n:]
	return value
}

func (r *reader) take(c byte) bool {
	if r.text != "" && r.text[0] == c {
		r.text = r.text[1:]
		return true
	}
	return false
}

func (r *reader) need(c byte) {
	if !r.take(c) {
		r.bad = true
	}
}

// date reads [-]YYYY-MM-DD with a year of 4 to 9 digits.
func (r *reader) date() (days int64) {
	negative := r.take('-')
	width := 0
	for width < len(r.text) && isDigit(r.text[width]) {
		width++
	}
	if width < 4 || width > 9 || width > 4 && r.text[0] == '0' {
		r.bad = true
		return 0
	}
	year := r.digits(width)
	if negative {
		year = -year
	}
	r.need('-')
	month := r.digits(2)
	r.need('-')
	day := r.digits(2)
	if r.bad || month < 1 || month > 12 || day < 1 || day > monthLength(year, month) {
		r.bad = true
		return 0
	}
	return daysOf(year, month, day)
}

// time reads HH:MM[:SS[.fraction]].
func (r *reader) time() (seconds int64, nanos int32) {
	hour := r.digits(2)
	r.need(':')
	minute := r.digits(2)
	var second int64
	if r.take(':') {
		second = r.digits(2)
		if r.take('.') {
			nanos = r.fraction()
		}
	}
	if hour > 23 || minute > 59 || second > 59 {
		r.bad = true
	}
	return hour*3600 + minute*60 + second, nanos
}

func (r *reader) fraction() int32 {
	n, scale := int32(0), int32(1e8)
	for r.text != "" && isDigit(r.text[0]) && scale > 0 {
		n += int32(r.text[0]-'0') * scale
		scale /= 10
		r.text = r.text[1:]
	}
	if scale == 1e8 {
		r.bad = true
	}
	return n
}

// zone reads Z, ±HH:MM[:SS] or @Name up to the end; nil when nothing is left.
func (r *reader) zone() *zone {
	switch {
	case r.text == "":
		return nil
	case r.text == "Z" || r.text == "z":
		return utc
	case r.take('@'):
		return r.zoneName()
	}
	sign := int64(1)
	if r.take('-') {
		sign = -1
	} else {
		r.need('+')
	}
	hour := r.digits(2)
	r.need(':')
	minute := r.digits(2)
	var second int64
	if r.take(':') {
		second = r.digits(2)
	}
	offset := hour*3600 + minute*60 + second
	if r.text != "" || minute > 59 || second > 59 || offset > 18*3600 {
		r.bad = true
	}
	return &zone{offset: int32(sign * offset)}
}

func (r *reader) zoneName() *zone {
	name := r.text
	z := namedZone(name)
	r.bad = r.bad || z == nil
	r.text = ""
	return z
}

// namedZone finds the rules of a zone of the IANA database; nil when there is none of that name.
func namedZone(name string) *zone {
	if name == "Z" {
		return utc
	}
	rules, ok := loadZone(name)
	if !ok {
		return nil
	}
	return &zone{name: name, rules: rules}
}

// parseDate reads a date; null when text is none.
func parseDate(text string) Value {
	r := reader{text: text}
	days := r.date()
	if r.bad || r.text != "" {
		return Null
	}
	return dateValue(days)
}

// parseTime reads a time; null when text is none.
func parseTime(text string) Value {
	r := reader{text: strings.TrimPrefix(text, "T")}
	seconds, nanos := r.time()
	z := r.zone()
	if r.bad {
		return Null
	}
	return timeValue(seconds, nanos, z)
}

// parseDateTime reads a date and time, or a date, which means its midnight; null when text is neither.
func parseDateTime(text string) Value {
	r := reader{text: text}
	d := DateTime{seconds: r.date() * 86400}
	if r.bad {
		return Null
	}
	if r.text == "" {
		return dateTimeValue(d)
	}
	r.need('T')
	seconds, nanos := r.time()
	z := r.zone()
	if r.bad {
		return Null
	}
	d.seconds, d.nanos = d.seconds+seconds, nanos
	if z != nil {
		d = zoned(d, z)
	}
	return dateTimeValue(d)
}

// parseTemporal reads the text of @"…": what it looks like decides what it is.
func parseTemporal(text string) Value {
	bare := strings.TrimLeft(text, "+-")
	switch {
	case bare != "" && bare[0]|0x20 == 'p':
		return durationValue(text)
	case strings.Contains(text, "T") && strings.Contains(text, "-") && !strings.HasPrefix(text, "T"):
		return parseDateTime(text)
	case len(text) > 2 && text[2] == ':' || strings.HasPrefix(text, "T"):
		return parseTime(text)
	}
	return parseDate(text)
}

// ParseDateTime reads an ISO-8601 date and time as timers have it, such as "2030-01-01T10:00:00+01:00" or with a zone's
// name behind '@' or in brackets; ok is false when text is none.
func ParseDateTime(text string) (d DateTime, ok bool) {
	if before, name, found := strings.Cut(text, "["); found && strings.HasSuffix(name, "]") {
		r := reader{text: before}
		r.date()
		if at := strings.LastIndexAny(before, "Z+-"); at > len("2000-01-01") {
			before = before[:at]
		}
		text = before + "@" + strings.TrimSuffix(name, "]")
	}
	return parseDateTime(text).AsDateTime()
}

package bpmn

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Interval is an ISO 8601 duration. Years, months, weeks and days follow the
// calendar (UTC); hours, minutes and seconds are exact.
type Interval struct {
	// Months counts calendar months, a year being twelve of them.
	Months int64
	// Days counts calendar days, a week being seven of them.
	Days int64
	// Millis is the time part in milliseconds; what is finer is cut off.
	Millis int64
}

// maxCalendar bounds each field so that no sum overflows and no date leaves
// the years time.Time can hold: a hundred thousand years in days.
const maxCalendar = 36_525_000

// ParseInterval reads an ISO 8601 duration as Zeebe does: an optional sign
// before P, a sign for each number, weeks beside other fields, a fraction only
// in the seconds. An empty P, PT or P…T is an error.
func ParseInterval(text string) (Interval, error) {
	rest, sign := cutSign(text)
	if !hasLetter(rest, 'P') {
		return Interval{}, intervalError(text, "it must start with P")
	}
	// Zeebe looks for a capital T; all other letters may be small.
	date, clock, hasClock := strings.Cut(rest[1:], "T")
	if date == "" && clock == "" || hasClock && clock == "" {
		return Interval{}, intervalError(text, "it has no number and unit")
	}
	var iv Interval
	if err := iv.parseDate(date, sign); err != nil {
		return Interval{}, intervalError(text, err.Error())
	}
	if err := iv.parseClock(clock, sign); err != nil {
		return Interval{}, intervalError(text, err.Error())
	}
	return iv, nil
}

func intervalError(text, why string) error {
	return fmt.Errorf("%q is no ISO 8601 duration: %s (write for example PT30S, P1DT12H or P1M)", text, why)
}

func cutSign(s string) (rest string, sign int64) {
	switch {
	case strings.HasPrefix(s, "-"):
		return s[1:], -1
	case strings.HasPrefix(s, "+"):
		return s[1:], 1
	}
	return s, 1
}

// hasLetter compares without case, as Java's parsers do.
func hasLetter(s string, letter byte) bool {
	return s != "" && (s[0] == letter || s[0] == letter+'a'-'A')
}

func (iv *Interval) parseDate(s string, sign int64) error {
	return eachField(s, "YMWD", func(number string, unit byte) error {
		n, err := strconv.ParseInt(number, 10, 32)
		if err != nil || n > maxCalendar || n < -maxCalendar {
			return fmt.Errorf("%s%c is no whole number in range", number, unit)
		}
		switch unit {
		case 'Y':
			iv.Months += sign * n * 12
		case 'M':
			iv.Months += sign * n
		case 'W':
			iv.Days += sign * n * 7
		case 'D':
			iv.Days += sign * n
		}
		return nil
	})
}

func (iv *Interval) parseClock(s string, sign int64) error {
	return eachField(s, "HMS", func(number string, unit byte) error {
		ms, err := clockMillis(number, unit)
		if err != nil {
			return err
		}
		iv.Millis += sign * ms
		return nil
	})
}

func clockMillis(number string, unit byte) (int64, error) {
	scale := int64(1000)
	switch unit {
	case 'H':
		scale *= 3600
	case 'M':
		scale *= 60
	}
	whole, fraction, hasFraction := strings.Cut(strings.Replace(number, ",", ".", 1), ".")
	if hasFraction && (unit != 'S' || len(fraction) > 9 || !allDigits(fraction)) {
		return 0, fmt.Errorf("%s%c is no number this unit allows", number, unit)
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > math.MaxInt64/4/scale || n < -math.MaxInt64/4/scale {
		return 0, fmt.Errorf("%s%c is no number in range", number, unit)
	}
	ms, err := strconv.ParseInt((fraction + "000")[:3], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s%c is no number", number, unit)
	}
	if strings.HasPrefix(whole, "-") {
		ms = -ms
	}
	return n*scale + ms, nil
}

// eachField visits number and unit pairs; units come in the given order, each
// at most once.
func eachField(s, units string, visit func(number string, unit byte) error) error {
	for s != "" {
		n := strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune("+-0123456789.,", r) })
		if n <= 0 {
			return fmt.Errorf("a number with one of the units %s is missing", strings.Join(strings.Split(units, ""), ", "))
		}
		unit := s[n] &^ 0x20
		at := strings.IndexByte(units, unit)
		if at < 0 {
			return fmt.Errorf("unit %q is unknown or out of order", s[n])
		}
		if err := visit(s[:n], unit); err != nil {
			return err
		}
		s, units = s[n+1:], units[at+1:]
	}
	return nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// After is the moment the interval after from, both in milliseconds since the
// epoch. A day that a month does not have becomes the month's last day. The
// result is clamped to the range of four-digit-and-more years time.Time holds.
func (iv Interval) After(from int64) int64 {
	if iv.Months == 0 && iv.Days == 0 {
		return addClamped(from, iv.Millis)
	}
	t := time.UnixMilli(from).UTC()
	y, m, d := t.Date()
	months := int64(y)*12 + int64(m) - 1 + iv.Months
	year, month := int(floorDiv(months, 12)), time.Month(months-floorDiv(months, 12)*12)+1
	if last := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day(); d > last {
		d = last
	}
	moved := time.Date(year, month, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC).AddDate(0, 0, int(iv.Days))
	return addClamped(moved.UnixMilli(), iv.Millis)
}

// Positive says that the interval leads forward from the given moment.
func (iv Interval) Positive(from int64) bool { return iv.After(from) > from }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func addClamped(a, b int64) int64 {
	sum := a + b
	switch {
	case b > 0 && sum < a:
		return math.MaxInt64
	case b < 0 && sum > a:
		return math.MinInt64
	}
	return sum
}

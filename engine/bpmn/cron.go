package bpmn

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// cron is an expression of six fields in the manner of Spring 5.3: second,
// minute, hour, day of month, month, day of week. All fields must match. Times
// are UTC.
type cron struct {
	seconds, minutes, hours, months uint64
	days                            monthDays
	weekdays                        weekDays
}

// monthDays is the field day of month.
type monthDays struct {
	set uint64
	// fromLast holds offsets from the last day: L is 0, L-3 is 3.
	fromLast []int
	// workdays holds days whose nearest weekday is meant: 15W.
	workdays []int
	// lastWorkday is LW.
	lastWorkday bool
}

// weekDays is the field day of week; Sunday is 0.
type weekDays struct {
	set uint64
	// last holds weekdays of which the last in the month is meant: 5L.
	last []int
	// nth holds pairs of weekday and count in the month: MON#2.
	nth [][2]int
}

// cronField describes a field of numbers.
type cronField struct {
	name     string
	min, max int
	names    string
}

var (
	cronSecond  = cronField{name: "second", max: 59}
	cronMinute  = cronField{name: "minute", max: 59}
	cronHour    = cronField{name: "hour", max: 23}
	cronDay     = cronField{name: "day of month", min: 1, max: 31}
	cronMonth   = cronField{name: "month", min: 1, max: 12, names: "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"}
	cronWeekday = cronField{name: "day of week", max: 7, names: "SUNMONTUEWEDTHUFRISAT"}
)

func cronMacro(text string) string {
	switch text {
	case "@yearly", "@annually":
		return "0 0 0 1 1 *"
	case "@monthly":
		return "0 0 0 1 * *"
	case "@weekly":
		return "0 0 0 * * 0"
	case "@daily", "@midnight":
		return "0 0 0 * * *"
	case "@hourly":
		return "0 0 * * * *"
	}
	return text
}

func parseCron(text string) (*cron, error) {
	fields := strings.Fields(strings.ToUpper(cronMacro(text)))
	if len(fields) != 6 {
		return nil, fmt.Errorf("Cron expression contains %d parts but we expect one of [6]", len(fields))
	}
	c := &cron{}
	for i, f := range []struct {
		field cronField
		set   *uint64
	}{{cronSecond, &c.seconds}, {cronMinute, &c.minutes}, {cronHour, &c.hours}, {cronDay, nil}, {cronMonth, &c.months}, {cronWeekday, nil}} {
		for _, item := range strings.Split(fields[i], ",") {
			if err := c.parseItem(f.field, f.set, item); err != nil {
				return nil, fmt.Errorf("Failed to parse cron expression. %w", err)
			}
		}
	}
	return c, nil
}

func (c *cron) parseItem(f cronField, set *uint64, item string) (err error) {
	switch f.name {
	case cronDay.name:
		return c.days.parse(item)
	case cronWeekday.name:
		return c.weekdays.parse(item)
	}
	values, err := f.parse(item)
	*set |= values
	return err
}

// parse reads *, n, n-m, each with an optional /step, into a bit set.
func (f cronField) parse(item string) (set uint64, err error) {
	span, step, hasStep := strings.Cut(item, "/")
	from, to, isRange := strings.Cut(span, "-")
	low, high, every := f.min, f.max, 1
	if hasStep {
		if every, err = strconv.Atoi(step); err != nil || every < 1 || every > f.max {
			return 0, fmt.Errorf("Period %s not in range [%d, %d]", step, f.min, f.max)
		}
	}
	if span != "*" {
		if low, err = f.number(from); err != nil {
			return 0, err
		}
		if isRange {
			if high, err = f.number(to); err != nil {
				return 0, err
			}
		} else if !hasStep {
			high = low
		}
	}
	if high < low {
		return 0, fmt.Errorf("Invalid range! [%d,%d]", low, high)
	}
	for n := low; n <= high; n += every {
		set |= 1 << n
	}
	return set, nil
}

func (f cronField) number(text string) (int, error) {
	if i := strings.Index(f.names, text); len(text) == 3 && i >= 0 && i%3 == 0 {
		return f.min + i/3, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || text[0] == '+' {
		return 0, fmt.Errorf("%q is no value for the %s", text, f.name)
	}
	if n < f.min || n > f.max {
		return 0, fmt.Errorf("Value %d not in range [%d, %d]", n, f.min, f.max)
	}
	return n, nil
}

func (d *monthDays) parse(item string) error {
	switch {
	case item == "?":
		item = "*"
	case item == "L":
		d.fromLast = append(d.fromLast, 0)
		return nil
	case item == "LW":
		d.lastWorkday = true
		return nil
	case strings.HasPrefix(item, "L-"):
		n, err := cronField{name: "offset from the last day", max: 30}.number(item[2:])
		d.fromLast = append(d.fromLast, n)
		return err
	case strings.HasSuffix(item, "W"):
		n, err := cronDay.number(strings.TrimSuffix(item, "W"))
		d.workdays = append(d.workdays, n)
		return err
	}
	set, err := cronDay.parse(item)
	d.set |= set
	return err
}

func (w *weekDays) parse(item string) error {
	if item == "?" {
		item = "*"
	}
	if day, count, found := strings.Cut(item, "#"); found {
		n, err := cronWeekday.number(day)
		if err != nil {
			return err
		}
		nth, err := cronField{name: "week of the month", min: 1, max: 5}.number(count)
		w.nth = append(w.nth, [2]int{n % 7, nth})
		return err
	}
	if len(item) > 1 && strings.HasSuffix(item, "L") {
		n, err := cronWeekday.number(strings.TrimSuffix(item, "L"))
		w.last = append(w.last, n%7)
		return err
	}
	set, err := cronWeekday.parse(item)
	w.set |= set&0x7f | set>>7
	return err
}

// cronHorizon bounds the search for a day: the 29th of February on a given
// weekday comes within 40 years.
const cronHorizon = 100 * 366

// after is the first matching moment after from, in milliseconds since the
// epoch; the end of time if there is none (the 31st of February).
func (c *cron) after(from int64) int64 {
	t := time.UnixMilli(from).UTC().Truncate(time.Second).Add(time.Second)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	second := int(t.Sub(day) / time.Second)
	for range cronHorizon {
		if c.matchesDay(day) {
			if at, ok := c.secondOfDay(second); ok {
				return day.UnixMilli() + int64(at)*1000
			}
		}
		day, second = day.AddDate(0, 0, 1), 0
	}
	return math.MaxInt64
}

// secondOfDay is the first matching second of a day not before from.
func (c *cron) secondOfDay(from int) (second int, ok bool) {
	h, m, s := from/3600, from/60%60, from%60
	for ; h < 24; h, m, s = h+1, 0, 0 {
		if c.hours>>h&1 == 0 {
			continue
		}
		for ; m < 60; m, s = m+1, 0 {
			if c.minutes>>m&1 == 1 && c.seconds>>s != 0 {
				return h*3600 + m*60 + s + bits.TrailingZeros64(c.seconds>>s), true
			}
		}
	}
	return 0, false
}

func (c *cron) matchesDay(day time.Time) bool {
	return c.months>>int(day.Month())&1 == 1 && c.days.match(day) && c.weekdays.match(day)
}

func (d *monthDays) match(day time.Time) bool {
	last := lastOfMonth(day)
	if d.set>>day.Day()&1 == 1 || d.lastWorkday && day.Day() == nearestWorkday(day, last) {
		return true
	}
	for _, n := range d.fromLast {
		if day.Day() == last-n {
			return true
		}
	}
	for _, n := range d.workdays {
		if n <= last && day.Day() == nearestWorkday(day, n) {
			return true
		}
	}
	return false
}

func (w *weekDays) match(day time.Time) bool {
	weekday := int(day.Weekday())
	if w.set>>weekday&1 == 1 {
		return true
	}
	for _, n := range w.last {
		if n == weekday && day.Day()+7 > lastOfMonth(day) {
			return true
		}
	}
	for _, n := range w.nth {
		if n[0] == weekday && (day.Day()-1)/7+1 == n[1] {
			return true
		}
	}
	return false
}

func lastOfMonth(day time.Time) int {
	return time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// nearestWorkday is the day of the month from Monday to Friday that is nearest
// to the given one without leaving the month.
func nearestWorkday(month time.Time, day int) int {
	switch time.Date(month.Year(), month.Month(), day, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if day == 1 {
			return 3
		}
		return day - 1
	case time.Sunday:
		if day == lastOfMonth(month) {
			return day - 2
		}
		return day + 1
	}
	return day
}

package bpmn

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/payhub/payhub/engine/feel"
)

// TimerKind says which of the three timer definitions a timer has.
type TimerKind uint8

// The kinds of timers.
const (
	TimerDate TimerKind = iota
	TimerDuration
	TimerCycle
)

var timerKindNames = [...]string{TimerDate: "date", TimerDuration: "duration", TimerCycle: "cycle"}

// String is the word Zeebe's messages use: "date", "duration", "cycle".
func (k TimerKind) String() string { return timerKindNames[k] }

// Timer is a timer event definition.
type Timer struct {
	Kind TimerKind
	// Expr gives the date, the duration or the cycle.
	Expr *feel.Expression
}

// Infinite is the number of repetitions of a timer that never stops.
const Infinite = -1

// Schedule is when a timer fires.
type Schedule struct {
	// Due is the moment of the first firing in milliseconds since the epoch. It
	// may lie in the past: then it is due at once.
	Due int64
	// Repetitions is how often it fires, 1 for dates and durations, Infinite
	// for ever.
	Repetitions int

	cycle Cycle
}

// Schedule turns what Expr evaluated to into a schedule that starts at now, in
// milliseconds since the epoch. The error is worded as Zeebe's incident (type
// EXTRACT_VALUE_ERROR); warnings of the evaluation may be appended to it.
func (t *Timer) Schedule(v feel.Value, now int64) (Schedule, error) {
	text, isText := timerText(v)
	switch t.Kind {
	case TimerDate:
		if !isText && v.TypeName() != "DATE_TIME" {
			return Schedule{}, t.wrongType("one of '[DATE_TIME, STRING]'", v)
		}
		if !isText {
			text = withOffset(text)
		}
		due, err := parseDate(text)
		if err != nil {
			return Schedule{}, fmt.Errorf("Invalid date-time format '%s' for expression '%s'.", text, t.Expr.Source())
		}
		return Schedule{Due: due, Repetitions: 1}, nil
	case TimerDuration:
		if !isText && v.TypeName() != "DURATION" && v.TypeName() != "PERIOD" {
			return Schedule{}, t.wrongType("one of '[DURATION, PERIOD, STRING]'", v)
		}
		interval, err := ParseInterval(text)
		if err != nil {
			return Schedule{}, fmt.Errorf("Invalid duration format '%s' for expression '%s'.", text, t.Expr.Source())
		}
		return Schedule{Due: interval.After(now), Repetitions: 1}, nil
	}
	if !isText {
		return Schedule{}, t.wrongType("'STRING'", v)
	}
	cycle, err := ParseCycle(text)
	if err != nil {
		return Schedule{}, err
	}
	return Schedule{Due: cycle.first(now), Repetitions: cycle.Repetitions, cycle: cycle}, nil
}

func (t *Timer) wrongType(want string, v feel.Value) error {
	return fmt.Errorf("Expected result of the expression '%s' to be %s, but was '%s'.", t.Expr.Source(), want, v.TypeName())
}

// Next is the schedule after a firing that was due at due, happens at now, and
// had left repetitions left before it. ok is false when it was the last. A
// cycle keeps its rhythm from the due time, but never fires in the past: what
// was missed while nobody was there is made up for once. (Observed on Zeebe
// 8.8: a count of 0 or below -1 fires once.)
func (s Schedule) Next(due int64, left int, now int64) (next Schedule, ok bool) {
	if left != Infinite {
		if left <= 1 {
			return Schedule{}, false
		}
		left--
	}
	return Schedule{Due: s.cycle.next(due, now), Repetitions: left, cycle: s.cycle}, true
}

// timerText is the text of a string or of a temporal value; isText is true for
// a string only.
func timerText(v feel.Value) (text string, isText bool) {
	if s, ok := v.AsString(); ok {
		return s, true
	}
	switch v.TypeName() {
	case "DATE_TIME", "DURATION", "PERIOD":
		if json.Unmarshal(v.AppendJSON(nil), &text) != nil {
			return "", false
		}
	}
	return text, false
}

// withOffset makes a local date time of FEEL one in UTC.
func withOffset(dateTime string) string {
	if _, clock, _ := strings.Cut(dateTime, "T"); strings.ContainsAny(clock, "Zz+-") {
		return dateTime
	}
	local, zone, found := strings.Cut(dateTime, "@")
	if found {
		return local + "Z[" + zone + "]"
	}
	return local + "Z"
}

// zoneLetters are what names of time zones are made of.
const zoneLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/+-"

// parseDate reads an ISO 8601 date time with an offset, seconds being optional
// and a zone in brackets being allowed after the offset, which decides.
func parseDate(text string) (ms int64, err error) {
	local, zone := text, ""
	if i := len(text) - 1; i > 0 && text[i] == ']' {
		if at := strings.LastIndexByte(text, '['); at >= 0 {
			local, zone = text[:at], text[at+1:i]
		}
	}
	if zone != "" && strings.Trim(zone, zoneLetters) != "" {
		return 0, fmt.Errorf("%q is no name of a time zone", zone)
	}
	var t time.Time
	for _, layout := range [...]string{
		"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07", "2006-01-02T15:04Z07",
	} {
		if t, err = time.Parse(layout, local); err == nil {
			return t.UnixMilli(), nil
		}
	}
	return 0, err
}

package bpmn

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Cycle is when a repeating timer fires: R[n]/[start/]duration of ISO 8601, or
// a cron expression of six fields.
type Cycle struct {
	// Repetitions is how often it fires; Infinite for R/… and cron.
	Repetitions int

	start    int64
	hasStart bool
	interval Interval
	cron     *cron
}

// ParseCycle reads a cycle. What starts with R is an ISO 8601 repeating
// interval, everything else cron.
func ParseCycle(text string) (Cycle, error) {
	if !strings.HasPrefix(text, "R") {
		c, err := parseCron(text)
		if err != nil {
			return Cycle{}, err
		}
		return Cycle{Repetitions: Infinite, cron: c}, nil
	}
	count, interval, found := strings.Cut(text[1:], "/")
	if !found {
		return Cycle{}, errors.New("No interval given")
	}
	c := Cycle{Repetitions: Infinite}
	if count != "" {
		n, err := strconv.ParseInt(count, 10, 32)
		if err != nil {
			return Cycle{}, errors.New("Cannot parse repetitions count")
		}
		c.Repetitions = int(n)
	}
	if start, rest, found := strings.Cut(interval, "/"); found {
		ms, err := parseDate(start)
		if err != nil {
			return Cycle{}, fmt.Errorf("%q is no date time with an offset, as 2030-01-31T12:00:00Z", start)
		}
		c.start, c.hasStart, interval = ms, true, rest
	}
	var err error
	c.interval, err = ParseInterval(interval)
	return c, err
}

// first is the first firing of a cycle that begins at now.
func (c Cycle) first(now int64) int64 {
	switch {
	case c.cron != nil:
		return c.cron.after(now)
	case c.hasStart:
		return max(c.start, now)
	}
	return c.interval.After(now)
}

// next is the firing after the one that was due at due and happens at now.
func (c Cycle) next(due, now int64) int64 {
	if c.cron != nil {
		return c.cron.after(max(due, now))
	}
	return max(c.interval.After(due), now)
}

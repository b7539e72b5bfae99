package coretest

import (
	"fmt"
	"slices"
	"strings"
)

// Trace is what a run of one scenario came to, without keys, positions and times of day.
type Trace struct {
	Scenario string
	Answers  []string            // per step: the step and what its sender got
	Sections map[string][]string // of Sections, in order of first appearance
}

// Section returns the lines of one section as they are now: each says what it is about and then, after a colon, what
// happened to it in order.
func (m *Model) Section(section string) []string {
	var out []string
	for _, e := range m.order {
		if e.section != section {
			continue
		}
		separator := ", "
		if section == "elements" {
			separator = " "
		}
		out = append(out, e.head+": "+strings.Join(e.history, separator))
	}
	if section == "variables" {
		slices.Sort(out) // the order of variables in a scope says nothing
	}
	return out
}

// traced are the sections of a written trace, in this order.
var traced = []string{"elements", "flows", "jobs", "incidents", "variables", "messages", "timers"}

// String writes the trace in the form of a .trace file.
func (t *Trace) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "scenario %s\n", t.Scenario)
	write := func(section string, lines []string) {
		if len(lines) == 0 {
			return
		}
		fmt.Fprintf(&b, "  %s\n", section)
		for _, line := range lines {
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	write("answers", t.Answers)
	for _, section := range traced {
		write(section, t.Sections[section])
	}
	return b.String()
}

// ParseTraces reads a .trace file: traces by the name of their scenario.
func ParseTraces(path, text string) (map[string]*Trace, error) {
	out := map[string]*Trace{}
	var trace *Trace
	section := ""
	for i, line := range strings.Split(text, "\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "scenario "):
			trace = &Trace{Scenario: line[len("scenario "):], Sections: map[string][]string{}}
			out[trace.Scenario] = trace
		case trace == nil:
			return nil, fmt.Errorf("%s:%d: %q before the first scenario", path, i+1, line)
		case strings.HasPrefix(line, "    ") && section == "answers":
			trace.Answers = append(trace.Answers, line[4:])
		case strings.HasPrefix(line, "    "):
			trace.Sections[section] = append(trace.Sections[section], line[4:])
		case strings.HasPrefix(line, "  "):
			section = line[2:]
			if section != "answers" && !slices.Contains(traced, section) {
				return nil, fmt.Errorf("%s:%d: unknown section %q", path, i+1, section)
			}
		default:
			return nil, fmt.Errorf("%s:%d: not understood: %q", path, i+1, line)
		}
	}
	return out, nil
}

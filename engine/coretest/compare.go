package coretest

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// lease is how long the runner activates jobs for: longer than a scenario moves the clock.
const lease = 30 * 24 * time.Hour

// looseEnds are parts of Zeebe's texts that come from the parsers it uses, for XML and FEEL. Another parser says the same
// in its own words: only what stands before is compared.
var looseEnds = regexp.MustCompile(`(failed to parse expression '.*?'|'[^']*': (?:Fatal Error|Error|line \d+)): (?:[^\\"]|\\[^n])*`)

// notXML is how a resource is refused that no XML parser reads.
var notXML = regexp.MustCompile(`('[^']*'): (?:Fatal Error|line \d+): …`)

// Loose shortens a line of a trace to what two engines must agree on.
func Loose(line string) string {
	line = looseEnds.ReplaceAllString(line, "$1: …")
	line = notXML.ReplaceAllString(line, "$1: not well-formed XML")
	// Zeebe lists the elements of a refused model in an order that changes from run to run.
	parts := strings.Split(strings.TrimSuffix(line, `"`), `- Element: `)
	slices.Sort(parts[1:])
	return strings.Join(parts, `- Element: `)
}

func loose(lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = Loose(line)
	}
	return out
}

// Compare lists the lines that differ between two sections: "- " what only want has, "+ " what only got has, in their
// order; nil if both hold the same lines in the same order. Lines that are on both sides at different places are listed
// as moved once, with "~ ".
func Compare(want, got []string) []string {
	want, got = loose(want), loose(got)
	if slices.Equal(want, got) {
		return nil
	}
	var out []string
	left := slices.Clone(got)
	for _, line := range want {
		if i := slices.Index(left, line); i >= 0 {
			left = slices.Delete(left, i, i+1)
			continue
		}
		out = append(out, "- "+line)
	}
	for _, line := range left {
		out = append(out, "+ "+line)
	}
	if len(out) > 0 {
		return out
	}
	for i, line := range want {
		if got[i] != line {
			out = append(out, "~ "+line+" (now here: "+got[i]+")")
		}
	}
	return out
}

// CompareTraces lists the differences between two traces of the same scenario, each line led by its section; nil if they
// agree.
func CompareTraces(want, got *Trace) []string {
	var out []string
	report := func(section string, want, got []string) {
		for _, line := range Compare(want, got) {
			out = append(out, section+" "+line)
		}
	}
	report("answers", want.Answers, got.Answers)
	for _, section := range traced {
		report(section, want.Sections[section], got.Sections[section])
	}
	return out
}

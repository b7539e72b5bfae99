package coretest

import (
	"slices"
	"time"
)

const day = 24 * time.Hour

// Compare lists the lines that differ between two sections: "- " what only want has, "+ " what only got has, in their
// order; nil if both hold the same lines in the same order. Lines that are on both sides at different places are listed
// as moved once, with "~ ".
func Compare(want, got []string) []string {
	if slices.Equal(want, got) {
		return nil
	}
	var out []string
	left := slices.Clone(got)
	var common []string
	for _, line := range want {
		if i := slices.Index(left, line); i >= 0 {
			left = slices.Delete(left, i, i+1)
			common = append(common, line)
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

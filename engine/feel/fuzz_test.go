package feel

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// expressions reads the questions of testdata as seeds.
func expressions(f *testing.F) []string {
	f.Helper()
	file, err := os.Open("testdata/expressions.txt")
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	var all []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), " ### ")
		all = append(all, text)
	}
	return all
}

// FuzzEval: no text panics, runs out of its budget without ErrBudget, or gives two answers; every result is valid JSON.
func FuzzEval(f *testing.F) {
	for _, text := range expressions(f) {
		f.Add(text, `{"x":1,"y":[1,{"a":"b"}]}`)
	}
	f.Add(`for i in 1..60 return partial`, `{}`)
	f.Add(`{f: function(g, n) g(g, n), r: f(f, 1)}.r`, `{}`)
	f.Fuzz(func(t *testing.T, text, vars string) {
		if _, err := FromJSON([]byte(vars)); err != nil {
			vars = `{}`
		}
		for _, profile := range []Profile{Camunda, DMN} {
			for _, parse := range []func(string, Profile, ...string) (*Program, error){Parse, ParseUnaryTests} {
				program, err := parse(text, profile)
				if err != nil {
					var problem *ParseError
					if !errors.As(err, &problem) || problem.Line < 1 || problem.Column < 1 {
						t.Fatalf("parse error without a place: %v", err)
					}
					continue
				}
				evaluateTwice(t, program, jsonScope(vars))
			}
		}
	})
}

func evaluateTwice(t *testing.T, program *Program, scope Scope) {
	t.Helper()
	var texts [2]string
	for i := range texts {
		env := &Env{Seed: 7, Now: 1_600_000_000_000, MaxSteps: 20_000, MaxSize: 1 << 20}
		start := time.Now()
		v, err := program.Eval(env, scope)
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("took %s", took)
		}
		if err != nil {
			texts[i] = err.Error()
			continue
		}
		raw := v.AppendJSON(nil)
		if !json.Valid(raw) {
			t.Fatalf("invalid JSON: %q", raw)
		}
		if _, err := FromJSON(raw); err != nil {
			t.Fatalf("cannot read what was written: %q: %v", raw, err)
		}
		texts[i] = v.String() + env.AppendWarnings("")
	}
	if texts[0] != texts[1] {
		t.Fatalf("two answers:\n%s\n%s", texts[0], texts[1])
	}
}

// FuzzFromJSON: what encoding/json takes, FromJSON takes, and what it takes comes out as the same document.
func FuzzFromJSON(f *testing.F) {
	for _, text := range []string{`{"a":[1,2.50,-3e2,true,null,"x\né😀\"\\"]}`, ` [ ] `, `0`, `-0`, `1e5`, `"\ud800"`, `{"a":1,"a":2}`, `[[[]]]`, `1e9999`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := FromJSON([]byte(text))
		valid := json.Valid([]byte(text))
		if err != nil {
			for _, known := range []string{"UTF-8", "out of range", "too deep"} {
				if strings.Contains(err.Error(), known) {
					return // a limit of ours
				}
			}
		}
		if (err == nil) != valid {
			t.Fatalf("FromJSON: %v, encoding/json valid: %v", err, valid)
		}
		if err != nil {
			return
		}
		raw := rebuild(v).AppendJSON(nil)
		again, err := FromJSON(raw)
		if err != nil {
			t.Fatalf("%q gave %q: %v", text, raw, err)
		}
		if !v.Equal(again) {
			t.Fatalf("%q gave %q", text, raw)
		}
	})
}

// rebuild copies a value that is still JSON text into one that is not.
func rebuild(v Value) Value {
	switch v.Kind() {
	case KindList:
		items, _ := v.AsList()
		var copied []Value
		for _, item := range items {
			copied = append(copied, rebuild(item))
		}
		return List(copied...)
	case KindContext:
		c, _ := v.AsContext()
		var copied []Entry
		for _, e := range c.Entries() {
			copied = append(copied, Entry{e.Key, rebuild(e.Value)})
		}
		return NewContext(copied...)
	}
	return v
}

// FuzzRegex: where Go's regexp knows a pattern, both find the same first match.
func FuzzRegex(f *testing.F) {
	for _, pair := range [][2]string{
		{"a(b|c)*d", "xabcbd"},
		{"(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaab"},
		{"[a-c]{2,3}?", "abcabc"},
		{`\bfoo\b`, "a foo b"},
		{"(?i)straße", "STRASSE straße"},
		{`(\w+)@(\w+)\.com`, "me@example.com"},
		{"a*", ""},
		{"(a|ab)(c|bcd)(d*)", "abcd"},
		{"x|^|y", "abc"},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		re, err := compileRegex(pattern, "")
		if err != nil || len(text) > 1000 {
			return
		}
		m := newMatcher(re, text)
		found, err := m.find(0)
		other, otherErr := regexp.Compile(pattern)
		if err != nil || otherErr != nil || !comparable(pattern) || strings.ContainsAny(text, "\r\v\u0085\u2028\u2029") {
			return
		}
		want := other.FindStringIndex(text)
		if found != (want != nil) || found && (m.slots[0] != want[0] || m.slots[1] != want[1]) {
			t.Fatalf("%q in %q: found %v %v, want %v", pattern, text, found, m.slots, want)
		}
	})
}

// comparable leaves out what Java and Go read differently: nested classes, \Q, $ before the last line end, empty loops,
// Perl's classes and invalid UTF-8.
func comparable(pattern string) bool {
	return !regexp.MustCompile(`\[[^\]]*(\[|&&)|\$|\\[^dDwWsSbBAz.\\]|\[.?\]|\(\?|[*+?}][*+?{]|[*+}]\)[*+{]|\?\)|\|\)|\(\||\)[*+?{]|[^\x00-\x7f]|#| |\^`).MatchString(pattern)
}

// FuzzDuration: what parses as a duration does not overflow when it is added, and FEEL durations read what they write.
func FuzzDuration(f *testing.F) {
	for _, text := range []string{"PT1H", "-P1Y2M", "P1Y2M3W4DT5H6M7.89S", "PT-0.5S", "P999999999999D", "PT", "P"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		if err != nil {
			return
		}
		d.AddTo(1_600_000_000_000, nil)
		v := durationValue(text)
		if v.IsNull() {
			return
		}
		again := durationValue(string(v.appendTemporal(nil)))
		if !v.Equal(again) {
			t.Fatalf("%q: %s became %s", text, v, again)
		}
	})
}

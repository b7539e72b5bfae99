package coretest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// scripts are all scenario files of the project.
func scripts(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("../testdata/*/*.scn")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scenario files: %v", err)
	}
	return paths
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestScriptsAreWrittenAsTheyAreRead(t *testing.T) {
	for _, path := range scripts(t) {
		first, err := ParseScript(path, read(t, path))
		if err != nil {
			t.Fatal(err)
		}
		second, err := ParseScript(path, Format(first))
		if err != nil {
			t.Fatal(err)
		}
		lines := cmpopts.IgnoreFields(Scenario{}, "Line")
		if diff := cmp.Diff(first, second, lines, cmpopts.IgnoreFields(Step{}, "Line")); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		if Format(first) != Format(second) {
			t.Errorf("%s: written differently the second time", path)
		}
	}
}

func TestTracesAreWrittenAsTheyAreRead(t *testing.T) {
	paths, err := filepath.Glob("../testdata/*/*.trace")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text := read(t, path)
		traces, err := ParseTraces(path, text)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(strings.TrimSpace(text), "\n\n") {
			name, _, _ := strings.Cut(strings.TrimPrefix(part, "scenario "), "\n")
			if trace := traces[name]; trace == nil || strings.TrimSpace(trace.String()) != part {
				t.Errorf("%s: scenario %s is written differently", path, name)
			}
		}
	}
}

func TestErrorsOfAScriptSayWhere(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "a.scn: no scenario in it",
		"deploy x":                            `a.scn:1: step "deploy x" before the first scenario`,
		"scenario a b":                        "a.scn:1: scenario name",
		"scenario a\n\nscenario a":            "a.scn:3: scenario a is there already, at line 1",
		"scenario a\n  dance":                 `a.scn:2: unknown step "dance"`,
		"scenario a\n  complete":              "a.scn:2: complete: a job is missing",
		"scenario a\n  complete x {":          "a.scn:2: not a JSON object",
		"scenario a\n  complete x y":          `a.scn:2: complete: not understood: "y"`,
		"scenario a\n  fail x retries many":   `a.scn:2: fail: not a number: "many"`,
		"scenario a\n  advance soon":          `a.scn:2: advance: not a duration: "soon"`,
		"scenario a\n  publish \"x":           "a.scn:2: not a quoted text",
		"scenario a\n  publish x ttl 1s":      `a.scn:2: publish: "key" is missing`,
		"scenario a\n  expect wonders":        `a.scn:2: expect: unknown section "wonders"`,
		"scenario a\n  set x local":           "",
		"scenario a\n  create p version 1 {}": "",
	} {
		_, err := ParseScript("a.scn", text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestCompareShowsWhatOnlyOneSideHas(t *testing.T) {
	for _, c := range []struct{ want, got, diff []string }{
		{[]string{"a", "b"}, []string{"a", "b"}, nil},
		{[]string{"a", "b"}, []string{"a", "c"}, []string{"- b", "+ c"}},
		{[]string{"a", "a"}, []string{"a"}, []string{"- a"}},
		{[]string{"a", "b"}, []string{"b", "a"}, []string{"~ a (now here: b)", "~ b (now here: a)"}},
		{[]string{`failed to parse expression 'x >': Zeebe's words\n`}, []string{`failed to parse expression 'x >': ours\n`}, nil},
	} {
		if got := Compare(c.want, c.got); !slices.Equal(got, c.diff) {
			t.Errorf("%q against %q: %q, want %q", c.want, c.got, got, c.diff)
		}
	}
}

func TestKeysInTextsBecomeNames(t *testing.T) {
	m := NewModel()
	m.names[2251799813685249] = "task#1"
	got := m.Text("job '2251799813685249' of 2251799813685250 at 17")
	if want := "job '<task#1>' of <key> at 17"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzParseScript(f *testing.F) {
	for _, path := range scripts(f) {
		if text := read(f, path); len(text) < 10_000 {
			f.Add(text)
		}
	}
	f.Add("scenario a\n  fail x retries 1 backoff 1s message \"m\" {\"a\":1}\n  expect jobs\n      x")
	f.Fuzz(func(t *testing.T, text string) {
		script, err := ParseScript("fuzz", text)
		if err != nil {
			return
		}
		written := Format(script)
		again, err := ParseScript("fuzz", written)
		if err != nil {
			t.Fatalf("%v in what was written:\n%s", err, written)
		}
		if second := Format(again); second != written {
			t.Fatalf("written:\n%s\nand then:\n%s", written, second)
		}
	})
}

func FuzzParseTraces(f *testing.F) {
	f.Add("scenario a\n  answers\n    create p -> ok\n  elements\n    p#1 PROCESS v1: activating\n")
	f.Fuzz(func(t *testing.T, text string) {
		if traces, err := ParseTraces("fuzz", text); err == nil {
			for _, trace := range traces {
				_ = trace.String()
			}
		}
	})
}

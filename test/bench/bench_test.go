package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestTheGeneratorsLineIsRead(t *testing.T) {
	const line = ` c=64 rate=0 PI/s=4487 create(p50/p99/p99.9)=5.9ms/20.46ms/37.09ms complete=5.99ms/19.53ms/31.43ms ` +
		`e2e=990µs/1.03835s/2s server_cpu_us/PI=217 client_cpu_us/PI=126 cores=1.54 rss=102MB refused=3 failed=1`
	got, err := readLoad(line)
	want := result{perSecond: 4487, cpu: 0.217, p50: 0.99, p99: 1038.35, refused: 3, failed: 1}
	if err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	for _, bad := range []string{"", "deploy: refused", strings.Replace(line, "PI/s=4487", "PI/s=0", 1), strings.Replace(line, "990µs", "-", 1)} {
		if _, err := readLoad(bad); err == nil {
			t.Errorf("no error for %q", bad)
		}
	}
}

func TestVerdicts(t *testing.T) {
	for name, c := range map[string]struct {
		figure figure
		want   string
	}{
		"less is better, aim":          {figure{value: 0.1, now: 0.4, aim: 0.1}, "aim reached"},
		"less is better, now":          {figure{value: 0.3, now: 0.4, aim: 0.1}, "reached"},
		"less is better, missed":       {figure{value: 0.5, now: 0.4, aim: 0.1}, "MISSED"},
		"more is better, missed":       {figure{value: 99, now: 100, aim: 300, higher: true}, "MISSED"},
		"a ratio counts, not the rate": {figure{value: 4000, baseline: 400, byRatio: true, higher: true, now: 10, aim: 25}, "reached"},
		"a ratio without a baseline":   {figure{value: 4000, byRatio: true, higher: true, now: 10, aim: 25}, "no baseline"},
		"no target":                    {figure{value: 1}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.figure.verdict(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestTheTableIsMarkdown(t *testing.T) {
	var out strings.Builder
	(&table{[]figure{{name: "rate", unit: "/s", value: 12345, higher: true, now: 100, baseline: 10, against: "Zeebe"}}}).print(&out)
	const want = "| rate   | 12345 /s | ≥ 100        | –   | 10 (Zeebe) | 1234  | reached |"
	if lines := strings.Split(out.String(), "\n"); len(lines) < 3 || lines[2] != want {
		t.Errorf("got\n%s\nwant a line\n%s", out.String(), want)
	}
}

func TestOnlyNamedGroupsAreChosen(t *testing.T) {
	chosen, err := choose("core,latency")
	if err != nil || len(chosen) != 2 || chosen[0].name != "core" || chosen[1].name != "latency" {
		t.Errorf("%v %v", chosen, err)
	}
	if _, err := choose("speed"); err == nil || !strings.Contains(err.Error(), "-list") {
		t.Errorf("error %v", err)
	}
}

func TestThePayloadHasThirtyVariables(t *testing.T) {
	var variables map[string]any
	if err := json.Unmarshal([]byte(payload), &variables); err != nil || len(variables) != 30 {
		t.Errorf("%d variables, %v", len(variables), err)
	}
	if n := len(payload); n < 700 || n > 1000 {
		t.Errorf("%d bytes", n)
	}
}

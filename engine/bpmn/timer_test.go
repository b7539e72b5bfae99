package bpmn_test

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/feel"
)

func at(t testing.TB, text string) int64 {
	t.Helper()
	moment, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return moment.UnixMilli()
}

func moment(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339Nano) }

func TestIntervals(t *testing.T) {
	for _, c := range []struct{ text, from, want string }{
		{"PT30S", "2026-01-31T12:00:00Z", "2026-01-31T12:00:30Z"},
		{"PT1H30M", "2026-01-31T12:00:00Z", "2026-01-31T13:30:00Z"},
		{"PT0.25S", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.25Z"},
		{"PT1,5S", "2026-01-31T12:00:00Z", "2026-01-31T12:00:01.5Z"},
		{"PT-0.5S", "2026-01-31T12:00:00Z", "2026-01-31T11:59:59.5Z"},
		{"P1D", "2026-02-28T12:00:00Z", "2026-03-01T12:00:00Z"},
		{"P2W", "2026-02-28T12:00:00Z", "2026-03-14T12:00:00Z"},
		{"P1M", "2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z"},
		{"P1M", "2024-01-31T12:00:00Z", "2024-02-29T12:00:00Z"},
		{"P1Y", "2024-02-29T00:00:00Z", "2025-02-28T00:00:00Z"},
		{"P13M", "2026-12-15T00:00:00Z", "2028-01-15T00:00:00Z"},
		{"-P1M", "2026-03-31T00:00:00Z", "2026-02-28T00:00:00Z"},
		{"P1Y2M3W4DT5H6M7.5S", "2026-01-01T00:00:00Z", "2027-03-26T05:06:07.5Z"},
		{"P1DT-3H", "2026-01-01T00:00:00Z", "2026-01-01T21:00:00Z"},
		{"-P1DT3H", "2026-01-03T00:00:00Z", "2026-01-01T21:00:00Z"},
		{"PT0S", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"},
		{"P1M", "1969-12-31T00:00:00Z", "1970-01-31T00:00:00Z"},
	} {
		iv, err := bpmn.ParseInterval(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		from := at(t, c.from)
		if got := moment(iv.After(from)); got != c.want {
			t.Errorf("%s after %s is %s, want %s", c.text, c.from, got, c.want)
		}
		if iv.Positive(from) != (at(t, c.want) > from) {
			t.Errorf("%s: Positive is %t", c.text, iv.Positive(from))
		}
	}
}

// A slow twin: months one by one, the day shortened until the month has it.
func TestCalendarIntervalsAgreeWithASlowTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.Int64Range(-4e12, 8e12).Draw(t, "from")
		months, days := rapid.IntRange(-600, 600).Draw(t, "months"), rapid.IntRange(-900, 900).Draw(t, "days")
		ms := rapid.Int64Range(-1e10, 1e10).Draw(t, "ms")

		start := time.UnixMilli(from).UTC()
		y, m, d := start.Date()
		for range max(months, -months) {
			if months > 0 {
				m++
			} else {
				m--
			}
			if m > 12 {
				y, m = y+1, 1
			}
			if m < 1 {
				y, m = y-1, 12
			}
		}
		for time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Month() != m {
			d--
		}
		day := time.Date(y, m, d, start.Hour(), start.Minute(), start.Second(), start.Nanosecond(), time.UTC)
		for range max(days, -days) {
			if days > 0 {
				day = day.Add(24 * time.Hour)
			} else {
				day = day.Add(-24 * time.Hour)
			}
		}
		want := day.UnixMilli() + ms
		if got := (bpmn.Interval{Months: int64(months), Days: int64(days), Millis: ms}).After(from); got != want {
			t.Fatalf("got %s, want %s", moment(got), moment(want))
		}
	})
}

func TestHugeIntervalsDoNotWrapAround(t *testing.T) {
	iv, err := bpmn.ParseInterval("PT99999999999H")
	if err != nil {
		t.Fatal(err)
	}
	if due := iv.After(math.MaxInt64 - 1); due != math.MaxInt64 {
		t.Errorf("due at %d", due)
	}
	if due := (bpmn.Interval{Millis: math.MinInt64}).After(-1); due != math.MinInt64 {
		t.Errorf("due at %d", due)
	}
}

func schedule(t testing.TB, kind bpmn.TimerKind, source string, now int64) (bpmn.Schedule, error) {
	t.Helper()
	expr, err := feel.Compile(source)
	if err != nil {
		t.Fatal(err)
	}
	env := &feel.Env{Now: now}
	v, err := expr.Eval(env, nil)
	if err != nil {
		t.Fatal(err)
	}
	return (&bpmn.Timer{Kind: kind, Expr: expr}).Schedule(v, now)
}

// What Zeebe 8.8.21 did with these timers is in the comments of the cases that
// surprise.
func TestTimersAreScheduled(t *testing.T) {
	const now = "2026-11-22T05:00:00Z"
	for _, c := range []struct {
		kind        bpmn.TimerKind
		source, due string
		repetitions int
	}{
		{bpmn.TimerDuration, "PT10S", "2026-11-22T05:00:10Z", 1},
		{bpmn.TimerDuration, `="PT10S"`, "2026-11-22T05:00:10Z", 1},
		{bpmn.TimerDuration, `=duration("PT1H")`, "2026-11-22T06:00:00Z", 1},
		{bpmn.TimerDuration, `=duration("P1M")`, "2026-12-22T05:00:00Z", 1},
		{bpmn.TimerDuration, "-PT1H", "2026-11-22T04:00:00Z", 1},
		{bpmn.TimerDate, "2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z", 1},
		{bpmn.TimerDate, "2030-01-01T00:00:00+01:00[Europe/Berlin]", "2029-12-31T23:00:00Z", 1},
		{bpmn.TimerDate, "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z", 1},
		{bpmn.TimerDate, `=date and time("2030-01-01T00:00:00")`, "2030-01-01T00:00:00Z", 1},
		{bpmn.TimerDate, `=date and time("2030-01-01T00:00:00+02:00")`, "2029-12-31T22:00:00Z", 1},
		{bpmn.TimerCycle, "R3/PT10S", "2026-11-22T05:00:10Z", 3},
		{bpmn.TimerCycle, "R/P1M", "2026-12-22T05:00:00Z", bpmn.Infinite},
		{bpmn.TimerCycle, "R-1/PT10S", "2026-11-22T05:00:10Z", bpmn.Infinite},
		{bpmn.TimerCycle, "R0/PT10S", "2026-11-22T05:00:10Z", 0},   // fires once
		{bpmn.TimerCycle, "R-2/PT10S", "2026-11-22T05:00:10Z", -2}, // fires once
		{bpmn.TimerCycle, "R2/-PT1H", "2026-11-22T04:00:00Z", 2},   // fires at once, twice
		{bpmn.TimerCycle, "R3/2030-01-01T00:00:00Z/PT10S", "2030-01-01T00:00:00Z", 3},
		{bpmn.TimerCycle, "R3/2020-01-01T00:00:00Z/PT10S", now, 3}, // not at the start, which is past
		{bpmn.TimerCycle, "0 0 6 * * *", "2026-11-22T06:00:00Z", bpmn.Infinite},
		{bpmn.TimerCycle, `="R3/PT10S"`, "2026-11-22T05:00:10Z", 3},
		{bpmn.TimerCycle, "0 0 0 31 2 *", moment(math.MaxInt64), bpmn.Infinite}, // there is no such day
	} {
		s, err := schedule(t, c.kind, c.source, at(t, now))
		if err != nil {
			t.Errorf("%s: %v", c.source, err)
			continue
		}
		if moment(s.Due) != c.due || s.Repetitions != c.repetitions {
			t.Errorf("%s is due %s with %d repetitions, want %s with %d", c.source, moment(s.Due), s.Repetitions, c.due, c.repetitions)
		}
	}
}

func TestValuesThatAreNoTimersAreRefusedInZeebesWords(t *testing.T) {
	for _, c := range []struct {
		kind         bpmn.TimerKind
		source, want string
	}{
		{bpmn.TimerDuration, `="soon"`, `Invalid duration format 'soon' for expression '"soon"'.`},
		{bpmn.TimerDuration, `=x`, `Expected result of the expression 'x' to be one of '[DURATION, PERIOD, STRING]', but was 'NULL'.`},
		{bpmn.TimerDate, `=true`, `Expected result of the expression 'true' to be one of '[DATE_TIME, STRING]', but was 'BOOLEAN'.`},
		{bpmn.TimerDate, `2030-01-01`, `Invalid date-time format '2030-01-01' for expression '2030-01-01'.`},
		{bpmn.TimerCycle, `=[]`, `Expected result of the expression '[]' to be 'STRING', but was 'ARRAY'.`},
		{bpmn.TimerCycle, `=duration("PT1H")`, `Expected result of the expression 'duration("PT1H")' to be 'STRING', but was 'DURATION'.`},
	} {
		if _, err := schedule(t, c.kind, c.source, 0); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.source, err, c.want)
		}
	}
}

// The dates are those of a run on Zeebe 8.8.21.
func TestCyclesGoOn(t *testing.T) {
	for _, c := range []struct {
		cycle, due, now string
		left            int
		want            string
		wantLeft        int
	}{
		{"R3/PT10S", "2026-11-22T05:00:10Z", "2026-11-22T05:00:10.2Z", 3, "2026-11-22T05:00:20Z", 2},
		{"R3/PT10S", "2026-11-22T05:00:10Z", "2026-11-22T05:00:10.2Z", 1, "", 0},
		{"R3/PT10S", "2026-11-22T05:00:10Z", "2026-11-22T05:00:10.2Z", 0, "", 0},
		{"R-2/PT10S", "2026-11-22T05:00:10Z", "2026-11-22T05:00:10.2Z", -2, "", 0},
		{"R/PT10S", "2026-11-22T05:00:10Z", "2026-11-22T05:01:11Z", -1, "2026-11-22T05:01:11Z", -1},
		{"R/PT10S", "2026-11-22T05:01:11Z", "2026-11-22T05:01:11.5Z", -1, "2026-11-22T05:01:21Z", -1},
		{"R2/-PT1H", "2026-11-22T04:00:00Z", "2026-11-22T05:00:00Z", 2, "2026-11-22T05:00:00Z", 1},
		{"R/P1M", "2026-01-31T00:00:00Z", "2026-01-31T00:00:01Z", -1, "2026-02-28T00:00:00Z", -1},
		{"R3/2020-01-01T00:00:00Z/PT10S", "2026-11-22T05:00:00Z", "2026-11-22T05:00:01Z", 3, "2026-11-22T05:00:10Z", 2},
		{"0 0 * * * *", "2026-11-22T05:00:00Z", "2026-11-22T07:30:00Z", -1, "2026-11-22T08:00:00Z", -1},
	} {
		s, err := schedule(t, bpmn.TimerCycle, c.cycle, at(t, c.now))
		if err != nil {
			t.Fatal(err)
		}
		next, ok := s.Next(at(t, c.due), c.left, at(t, c.now))
		if ok != (c.want != "") {
			t.Errorf("%s with %d left goes on: %t", c.cycle, c.left, ok)
			continue
		}
		if ok && (moment(next.Due) != c.want || next.Repetitions != c.wantLeft) {
			t.Errorf("%s due %s at %s: next %s with %d left, want %s with %d", c.cycle, c.due, c.now, moment(next.Due), next.Repetitions, c.want, c.wantLeft)
		}
	}
}

func firstFiring(t testing.TB, cron string, now int64) int64 {
	t.Helper()
	s, err := schedule(t, bpmn.TimerCycle, cron, now)
	if err != nil {
		t.Fatal(err)
	}
	return s.Due
}

func TestCronFiresWhenZeebeDoes(t *testing.T) {
	content, err := os.ReadFile("testdata/cron.txt")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, line := range strings.Split(strings.TrimSpace(string(content)), "\n")[1:] {
		parts := strings.Split(line, " | ")
		if got := firstFiring(t, parts[0], at(t, parts[1])); got != at(t, parts[2]) {
			t.Errorf("%s after %s: %s, want %s", parts[0], parts[1], moment(got), parts[2])
		}
		count++
	}
	t.Logf("%d expressions", count)
}

// A slow twin: try second after second.
func TestCronAgreesWithASlowTwin(t *testing.T) {
	field := func(t *rapid.T, name string, low, high int) (text string, matches func(int) bool) {
		a := rapid.IntRange(low, high).Draw(t, name)
		b := rapid.IntRange(a, high).Draw(t, name+" to")
		step := rapid.IntRange(1, high).Draw(t, name+" step")
		switch rapid.IntRange(0, 4).Draw(t, name+" form") {
		case 0:
			return fmt.Sprint(a), func(n int) bool { return n == a }
		case 1:
			return fmt.Sprintf("%d-%d", a, b), func(n int) bool { return n >= a && n <= b }
		case 2:
			return fmt.Sprintf("%d/%d", a, step), func(n int) bool { return n >= a && (n-a)%step == 0 }
		case 3:
			return fmt.Sprintf("%d,%d", a, b), func(n int) bool { return n == a || n == b }
		}
		return "*", func(int) bool { return true }
	}
	rapid.Check(t, func(t *rapid.T) {
		s, second := field(t, "second", 0, 59)
		m, minute := field(t, "minute", 0, 59)
		h, hour := field(t, "hour", 0, 23)
		now := rapid.Int64Range(0, 4e12).Draw(t, "now")
		cycle, err := bpmn.ParseCycle(s + " " + m + " " + h + " * * *")
		if err != nil {
			t.Fatal(err)
		}
		if cycle.Repetitions != bpmn.Infinite {
			t.Fatalf("%d repetitions", cycle.Repetitions)
		}
		expr, err := feel.Compile(s + " " + m + " " + h + " * * *")
		if err != nil {
			t.Fatal(err)
		}
		got, err := (&bpmn.Timer{Kind: bpmn.TimerCycle, Expr: expr}).Schedule(expr.Static(), now)
		if err != nil {
			t.Fatal(err)
		}
		for try := now/1000 + 1; ; try++ {
			clock := int(try % 86400)
			if second(clock%60) && minute(clock/60%60) && hour(clock/3600) {
				if got.Due != try*1000 {
					t.Fatalf("%s %s %s after %s: %s, want %s", s, m, h, moment(now), moment(got.Due), moment(try*1000))
				}
				return
			}
		}
	})
}

func FuzzTimer(f *testing.F) {
	for _, text := range []string{"PT1S", "-P1Y2M3DT4H5.6S", "R3/PT1S", "R/2030-01-01T00:00:00Z/P1M", "0 0 9-17/2 L * MON#2", "@daily", "2030-01-01T00:00:00+01:00[Europe/Berlin]", "* * * LW * 5L"} {
		f.Add(text, int64(1795323645562))
	}
	f.Fuzz(func(t *testing.T, text string, now int64) {
		now %= 1 << 50
		v := feel.String(text)
		expr, err := feel.Compile("=x")
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []bpmn.TimerKind{bpmn.TimerDate, bpmn.TimerDuration, bpmn.TimerCycle} {
			s, err := (&bpmn.Timer{Kind: kind, Expr: expr}).Schedule(v, now)
			if err != nil {
				continue
			}
			if next, ok := s.Next(s.Due, bpmn.Infinite, now); ok && next.Due < now {
				t.Errorf("%q fires again at %d, before now %d", text, next.Due, now)
			}
		}
	})
}

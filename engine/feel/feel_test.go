package feel

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTextsOfAttributes(t *testing.T) {
	for _, c := range []struct {
		text   string
		static bool
		kind   Kind
		value  string
		source string
		names  string
		why    string
	}{
		{"order", true, KindString, `"order"`, "order", "", "static text is a string"},
		{"3", true, KindNumber, "3", "3", "", "a number stays a number"},
		{"-1.50", true, KindNumber, "-1.50", "-1.50", "", ""},
		{"NaN", true, KindString, `"NaN"`, "NaN", "", "FEEL has no such number"},
		{"", true, KindString, `""`, "", "", ""},
		{" =x", true, KindString, `" =x"`, " =x", "", "'=' must be the first character"},
		{"=1 + 2", false, KindNumber, "3", "1 + 2", "", ""},
		{"=\n \"a\"", false, KindString, `"a"`, "\n \"a\"", "", "newlines may follow"},
		{"=x + y.z[item > w]", false, KindNull, "null", "x + y.z[item > w]", "w x y", "item is bound by the filter"},
		{"=for i in l return i + f(k)", false, KindNull, "null", "for i in l return i + f(k)", "f k l", "bound names are no variables"},
	} {
		e, err := Compile(c.text)
		if err != nil {
			t.Fatalf("%q: %v", c.text, err)
		}
		v, err := e.Eval(&Env{}, nil)
		if err != nil || e.IsStatic() != c.static || v.Kind() != c.kind || v.String() != c.value || e.Source() != c.source {
			t.Errorf("%q (%s): static %v, %s, source %q, %v", c.text, c.why, e.IsStatic(), v, e.Source(), err)
		}
		if names := strings.Join(e.Variables(), " "); names != c.names {
			t.Errorf("%q reads %q, want %q", c.text, names, c.names)
		}
		if c.static && !e.Static().Equal(v) {
			t.Errorf("%q: Static() is %s", c.text, e.Static())
		}
	}
}

func TestParseErrorsSayWhatAndWhere(t *testing.T) {
	for text, want := range map[string]string{
		"":                           `failed to parse expression '': found the end, expected a name or a value (line 1, column 1)`,
		"1 +":                        `failed to parse expression '1 +': found the end, expected a name or a value (line 1, column 4)`,
		"a b":                        `(line 1, column 3)`,
		"if a then b":                `found the end, expected 'and' or 'or' or 'else' (line 1, column 12)`,
		"[1,\n 2":                    `(line 2, column 3)`,
		`"abc`:                       `expected '"' at the end of the string`,
		"x == 1":                     `found '== 1', expected an operator`,
		"(1 + 2":                     `expected 'and' or 'or' or '..' or ')'`,
		"ä + + 1":                    `(line 1, column 5)`,
		"{a: 1, a b c}":              `expected a key (line 1, column 8)`,
		"f(a: 1, 2)":                 `expected the name of a parameter (line 1, column 9)`,
		"x between 1":                `found the end, expected 'and' (line 1, column 12)`,
		"1 + [1..2]":                 `expected a value, not a range (line 1, column 5)`,
		strings.Repeat("(", 500):     `nested deeper than the allowed 400 levels`,
		strings.Repeat("x", 300<<10): `longer than the allowed 256 KiB`,
	} {
		_, err := Compile("=" + text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "failed to parse expression '") {
			t.Errorf("%.40q\n got %.300v\nwant %s", text, err, want)
		}
	}
}

// Bombs must end with ErrBudget, soon and without taking the machine's memory.
func TestBudgets(t *testing.T) {
	for _, text := range []string{
		`for i in 1..100000000 return i`,
		`for i in 1..100000, j in 1..100000 return 1`,
		`for i in 1..60 return partial`,
		`string(for i in 1..60 return partial)`,
		`(for i in 1..60 return partial) = (for i in 1..60 return partial)`,
		`for i in 1..5000 return if i = 1 then [1] else [partial[-1]]`,
		`for i in 1..100 return if i = 1 then "0123456789" else partial[-1] + partial[-1]`,
		`{f: function(g, n) g(g, n + 1), r: f(f, 1)}.r`,
		`some x in 1..9000000 satisfies x < 0`,
		`matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a|a)*(a|a)*(a|a)*(a|a)*$")`,
		`matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a+)+$")`,
		`count(distinct values(for i in 1..20000 return i))`,
		`sort(for i in 1..900000 return -i, function(a, b) a < b)`,
		`count(flatten(for i in 1..60 return partial))`,
	} {
		program, err := Parse(text, Camunda)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		v, err := program.Eval(&Env{}, nil)
		if !errors.Is(err, ErrBudget) {
			t.Errorf("%s: %.100s %v", text, v.String(), err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s took %s", text, took)
		}
	}
}

func TestIncidentTexts(t *testing.T) {
	env := &Env{}
	program, _ := Parse("x < 3", Camunda)
	v, err := program.Eval(env, nil)
	if err != nil || !v.IsNull() {
		t.Fatal(v, err)
	}
	got := env.AppendWarnings("Expected result of the expression 'x < 3' to be 'BOOLEAN', but was '" + v.TypeName() + "'.")
	want := "Expected result of the expression 'x < 3' to be 'BOOLEAN', but was 'NULL'. The evaluation reported the following warnings:\n" +
		"[NO_VARIABLE_FOUND] No variable found with name 'x'\n" +
		"[NOT_COMPARABLE] Can't compare 'null' with '3'"
	if got != want {
		t.Errorf("got %s", got)
	}
	program, _ = Parse("1", Camunda)
	if _, err := program.Eval(env, nil); err != nil || len(env.Warnings()) > 0 || env.AppendWarnings("m") != "m" {
		t.Errorf("warnings of the last evaluation are left: %v", env.Warnings())
	}
	program, _ = Parse(`assert(1, false, "no limit set")`, Camunda)
	if _, err := program.Eval(env, nil); err == nil || !strings.Contains(err.Error(), "no limit set") {
		t.Errorf("assert: %v", err)
	}
}

// The world enters through the Env alone.
func TestTimeAndRandomnessComeFromTheEnv(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	const summer = 1_593_561_600_123 // 2020-07-01T00:00:00.123Z
	for _, c := range []struct{ text, inUTC, inBerlin string }{
		{"string(now())", `"2020-07-01T00:00:00.123Z"`, `"2020-07-01T02:00:00.123@Europe/Berlin"`},
		{"today()", "2020-07-01", "2020-07-01"},
		{`now() - duration("P1D")`, "2020-06-30T00:00:00.123Z", "2020-06-30T02:00:00.123@Europe/Berlin"},
		{"substring(uuid(), 1, 15)", `"017307ac-507b-7"`, `"017307ac-507b-7"`},
		{"string length(uuid())", "36", "36"},
		{"uuid() = uuid()", "false", "false"},
		{"random number() = random number()", "false", "false"},
	} {
		program, err := Parse(c.text, Camunda)
		if err != nil {
			t.Fatal(err)
		}
		inUTC, _ := program.Eval(&Env{Now: summer, Seed: 0}, nil)
		again, _ := program.Eval(&Env{Now: summer, Seed: 0}, nil)
		inBerlin, _ := program.Eval(&Env{Now: summer, Zone: berlin}, nil)
		if inUTC.String() != again.String() {
			t.Errorf("%s: %s and %s", c.text, inUTC, again)
		}
		if inUTC.String() != c.inUTC || inBerlin.String() != c.inBerlin {
			t.Errorf("%s: %s and %s, want %s and %s", c.text, inUTC, inBerlin, c.inUTC, c.inBerlin)
		}
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	for _, text := range []string{condition100, "=payee.id = \"27713803912\"", "=missing = true", "=amount + 1 > 2 or not(status = \"x\")"} {
		e, err := Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		env := &Env{}
		var scope Scope = jsonScope(`{"amount":150,"payee":{"id":"27713803912"},"status":"OK"}`)
		if n := testing.AllocsPerRun(100, func() { _, _ = e.Eval(env, scope) }); n > 0 {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
}

package feel

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// recorded is one line of testdata/oracle.jsonl: a question and what feel-scala 1.19.5 answered (see
// testdata/record.py).
type recorded struct {
	Expr     string          `json:"expr"`
	Vars     json.RawMessage `json:"vars"`
	Unary    bool            `json:"unary"`
	Input    json.RawMessage `json:"input"`
	Result   json.RawMessage `json:"result"`
	Type     string          `json:"type"`
	Text     string          `json:"text"`
	Error    string          `json:"error"`
	Warnings []string        `json:"warnings"`
}

// jsonScope reads variables from a JSON object.
type jsonScope []byte

func (s jsonScope) Lookup(name string) (Value, bool) {
	if s == nil {
		return Null, false
	}
	return findMember(s, name)
}

// deviations reads testdata/deviations.txt: expression, tab, what we answer instead, tab, why.
func deviations(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/deviations.txt")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(string(raw)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 3 {
			t.Fatalf("testdata/deviations.txt: want three fields: %q", line)
		}
		found[fields[0]] = fields[1]
	}
	return found
}

// answer evaluates a recorded question; a parse error and a failure are texts.
func answer(q recorded) (v Value, failure string, warnings []string) {
	parse := Parse
	if q.Unary {
		parse = ParseUnaryTests
	}
	program, err := parse(q.Expr, Camunda)
	if err != nil {
		return Null, "failed to parse", nil
	}
	var input Value
	if q.Unary {
		input = FromValidJSON(q.Input)
	}
	env := &Env{Seed: 1}
	v, err = program.EvalTests(env, jsonScope(q.Vars), input)
	for _, w := range env.Warnings() {
		warnings = append(warnings, string(w.Type)+": "+w.Message())
	}
	if err != nil {
		return Null, err.Error(), warnings
	}
	return v, "", warnings
}

func TestAnswersOfFeelScala(t *testing.T) {
	file, err := os.Open("testdata/oracle.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	deviate := deviations(t)
	total, sameWarnings, withWarnings := 0, 0, 0
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var q recorded
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		total++
		v, failure, warnings := answer(q)
		got := describe(v, failure)
		name := q.Expr
		if q.Unary {
			name = "U:" + string(q.Input) + ":" + q.Expr
		}
		if len(q.Vars) > 0 {
			name += " ### " + string(q.Vars)
		}
		if want, known := deviate[name]; known {
			delete(deviate, name)
			if got != want {
				t.Errorf("%s\n got %s\nwant %s (a known deviation)", name, got, want)
			}
			if q.agrees(v, failure) {
				t.Errorf("%s\nis listed as a deviation but agrees", name)
			}
			continue
		}
		if !q.agrees(v, failure) {
			t.Errorf("%s\n got %s %v\nwant %s%s%s %v", name, got, warnings, q.Result, q.Text, q.Error, q.Warnings)
			continue
		}
		if len(q.Warnings) > 0 {
			withWarnings++
			if strings.Join(q.Warnings, "\n") == strings.Join(warnings, "\n") {
				sameWarnings++
			} else {
				t.Logf("warnings differ: %s\n got %q\nwant %q", name, warnings, q.Warnings)
			}
		}
	}
	for name := range deviate {
		t.Errorf("testdata/deviations.txt: %s was not asked", name)
	}
	t.Logf("%d questions; of %d with warnings %d have the same texts", total, withWarnings, sameWarnings)
}

func describe(v Value, failure string) string {
	if failure != "" {
		return "error: " + failure
	}
	return v.String()
}

// agrees compares our answer with the recorded one. Numbers went through a double there.
func (q recorded) agrees(v Value, failure string) bool {
	switch {
	case q.Error != "":
		return failure != "" && (q.Error != "failed to parse" || failure == q.Error)
	case failure != "":
		return false
	case q.Type != "":
		return v.Equal(javaTemporal(q.Type, q.Text)) || strings.Contains(q.Type, "feel.syntaxtree") && v.Kind() == KindFunction
	}
	if v.Kind() == KindFunction {
		return bytes.Contains(q.Result, []byte("comparable"))
	}
	return alike(v, FromValidJSON(q.Result))
}

func alike(a, b Value) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case KindNumber:
		x, _ := strconv.ParseFloat(string(a.AppendJSON(nil)), 64)
		y, _ := strconv.ParseFloat(string(b.AppendJSON(nil)), 64)
		return x == y || math.Abs(x-y) <= 1e-14*math.Abs(y)
	case KindList:
		x, y := a.items(), b.items()
		if len(x) != len(y) {
			return false
		}
		for i := range x {
			if !alike(x[i], y[i]) {
				return false
			}
		}
		return true
	case KindContext:
		x, y := a.context(), b.context()
		if len(x.Entries()) != len(y.Entries()) {
			return false
		}
		for _, e := range x.Entries() {
			if other, found := y.Get(e.Key); !found || !alike(e.Value, other) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}

// javaTemporal reads what java.time's toString wrote.
func javaTemporal(class, text string) Value {
	switch class {
	case "java.time.LocalDate":
		return parseDate(strings.TrimPrefix(text, "+"))
	case "java.time.LocalTime", "java.time.OffsetTime":
		return parseTime(text)
	case "java.time.Period":
		if text == "P0D" {
			return yearsMonths(0)
		}
		return durationValue(text)
	case "java.time.Duration":
		return durationValue(text)
	}
	if d, ok := ParseDateTime(text); ok {
		return dateTimeValue(d)
	}
	return Null
}

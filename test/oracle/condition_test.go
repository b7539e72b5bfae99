package oracle

import "testing"

func TestConditions(t *testing.T) {
	vars := map[string]any{"n": 3, "yes": true, "no": false, "s": "OK", "list": []any{1, 5}}
	for text, want := range map[string]any{
		"=n < 4":                               true,
		"= n <=2 or n >=3":                     true,
		"=n > 3":                               false,
		"=yes = true":                          true,
		"=no = true":                           false,
		`=s != "OK"`:                           false,
		`=s = "OK" and n = 3`:                  true,
		"=yes and (no = true or n = 3)":        true,
		"=missing = true":                      false,
		"=missing < 3":                         nil,
		"=missing = nothing":                   true,
		"=s < 3":                               nil,
		"=missing < 3 or yes":                  true,
		"=missing < 3 and yes":                 nil,
		"= some x in list satisfies x <= n":    true,
		"= some x in list satisfies x > 5":     false,
		"= some x in missing satisfies x <= n": false,
		"=yes":                                 true,
	} {
		e, err := parseCondition(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := e.eval(vars); got != want {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
	if _, err := parseCondition("=a +"); err == nil {
		t.Error("arithmetic is not part of the flows' conditions and must be refused")
	}
}

func TestSolveFindsValuesThatTakeAFlow(t *testing.T) {
	for _, c := range []struct {
		want, not []string // conditions to be true, and false
		solvable  bool
	}{
		{[]string{"=a < 3"}, nil, true},
		{nil, []string{"=a < 3"}, true},
		{[]string{"=a < b and r < m"}, nil, true},
		{[]string{"= some x in phases satisfies x <= rate"}, nil, true},
		{nil, []string{"= some x in phases satisfies x <= rate"}, true},
		{[]string{"=ok = true"}, []string{"=bad = true", "=bad = false"}, true}, // null
		{[]string{`=s = "A"`, `=s = "B"`}, nil, false},
	} {
		var wishes []wish
		for i, text := range append(append([]string{}, c.want...), c.not...) {
			e, err := parseCondition(text)
			if err != nil {
				t.Fatal(err)
			}
			wishes = append(wishes, wish{e, i < len(c.want)})
		}
		values, ok := solve(wishes)
		if ok != c.solvable {
			t.Errorf("%q and not %q: %v, %v", c.want, c.not, values, ok)
		}
	}
}

func FuzzParseCondition(f *testing.F) {
	for _, text := range []string{"=a < 3", `=a = "x" and (b or c != 1)`, "= some x in p satisfies x <= q", "=(", "=some some in"} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		if e, err := parseCondition(text); err == nil {
			e.eval(map[string]any{"a": 1})
		}
	})
}

package feel

import (
	"strings"
	"testing"
	"unsafe"
)

func TestStringsFromJSONShareTheBytes(t *testing.T) {
	raw := []byte(`{"a":"plain","b":"with \"escape\""}`)
	v, err := FromJSON(raw)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := v.AsContext()
	a, _ := c.Get("a")
	s, _ := a.AsString()
	if s != "plain" || unsafe.StringData(s) != &raw[6] {
		t.Errorf("%q is a copy", s)
	}
	b, _ := c.Get("b")
	if s, _ := b.AsString(); s != `with "escape"` {
		t.Errorf("%q", s)
	}
	if _, found := c.Get("c"); found {
		t.Error("found what is not there")
	}
}

func TestJSONComesOutAsItWentIn(t *testing.T) {
	for in, out := range map[string]string{
		` { "a" : [ 1 , 2.50 , "x y" ] } `:     `{"a":[1,2.50,"x y"]}`,
		`"\u00e4\ud83d\ude00\n"`:               `"ä😀\n"`,
		`[]`:                                   `[]`,
		`{}`:                                   `{}`,
		`1.0`:                                  `1`,
		`100000000000000000000000000000000001`: `100000000000000000000000000000000001`,
		`"\u0001<&"`:                           `"\u0001<&"`,
		`null`:                                 `null`,
		`true`:                                 `true`,
	} {
		v, err := FromJSON([]byte(in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := string(v.AppendJSON(nil)); got != out {
			t.Errorf("%s came out as %s", in, got)
		}
	}
}

func TestTheLastOfEqualKeysCounts(t *testing.T) {
	v, _ := FromJSON([]byte(`{"a":1,"b":2,"\u0061":3}`))
	c, _ := v.AsContext()
	a, _ := c.Get("a")
	if len(c.Entries()) != 2 || a.String() != "3" || v.String() != "{a:3, b:2}" {
		t.Errorf("%s", v)
	}
}

func TestInvalidJSONSaysWhere(t *testing.T) {
	for in, want := range map[string]string{
		``:                          "byte 0: unexpected end",
		`{"a":1,}`:                  "byte 7: expected a quoted name",
		`[1 2]`:                     "byte 3: expected ',' or ']'",
		`{"a" 1}`:                   "byte 5: expected ':'",
		`"abc`:                      "byte 4: string is not closed",
		`"a` + "\n" + `"`:           "byte 2: control character",
		`"\x"`:                      "byte 2: unknown escape",
		`01`:                        "byte 1: unexpected text",
		`1.`:                        "byte 2: expected a digit",
		`nul`:                       "byte 0: expected a value",
		"\"\xff\"":                  "byte 0: string is not UTF-8",
		`1e99999`:                   "byte 0: number is out of range",
		strings.Repeat("[", 100000): "nested too deep",
	} {
		if _, err := FromJSON([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v, want %s", in, err, want)
		}
	}
}

// What is no JSON must not panic when it is taken for valid.
func TestInvalidJSONTakenForValid(t *testing.T) {
	for _, in := range []string{``, ` `, `{`, `[`, `{"`, `{"a`, `{"a"`, `{"a":`, `{"a":1`, `[1`, `[,`, `"`, `"\`, `x`, `{]`, `[}`} {
		v := FromValidJSON([]byte(in))
		_ = v.String()
		_ = v.Equal(v)
		_ = v.AppendJSON(nil)
		if c, ok := v.AsContext(); ok {
			c.Get("a")
		}
	}
}

// The strings that Zeebe 8.8.21 stored for the same expressions in an input mapping. What it stored wrongly is left out:
// integers above 2^63 wrap around there and fractions of a second of durations are lost.
func TestVariablesAsZeebeStoresThem(t *testing.T) {
	for expression, want := range map[string]string{
		`duration("PT36H")`:                    `"P1DT12H"`,
		`duration("P14M")`:                     `"P1Y2M"`,
		`duration("PT0S")`:                     `"P0D"`,
		`duration("P0M")`:                      `"P0Y"`,
		`@"2020-01-02"`:                        `"2020-01-02"`,
		`@"10:00:00Z"`:                         `"10:00:00Z"`,
		`@"10:00:00"`:                          `"10:00"`,
		`@"10:00:30"`:                          `"10:00:30"`,
		`@"10:00:00@Europe/Berlin"`:            `"10:00:00@Europe/Berlin"`,
		`@"2020-01-02T10:00:00"`:               `"2020-01-02T10:00:00"`,
		`@"2020-01-02T10:00:00.5+01:00"`:       `"2020-01-02T10:00:00.5+01:00"`,
		`@"2020-01-02T10:00:00@Europe/Berlin"`: `"2020-01-02T10:00:00+01:00[Europe/Berlin]"`,
		`1.10`:                                 `1.1`,
		`1.0`:                                  `1`,
		`0.1 + 0.2`:                            `0.3`,
		`{a:duration("PT36H"),b:[@"2020-01-02"]}`: `{"a":"P1DT12H","b":["2020-01-02"]}`,
		`cycle(duration("PT1H"))`:                 `"R/PT1H"`,
		`cycle(3.7, duration("PT1H"))`:            `"R3/PT1H"`,
		`cycle(null, duration("PT36H"))`:          `"R/P1DT12H"`,
		`[1..3]`:                                  `null`,
		`fromAi("x")`:                             `"x"`,
		`"\u0041"`:                                `"\\u0041"`,
	} {
		program, err := Parse(expression, Camunda)
		if err != nil {
			t.Fatal(err)
		}
		v, err := program.Eval(&Env{}, nil)
		if got := string(v.AppendJSON(nil)); err != nil || got != want {
			t.Errorf("%s gave %s (%v), want %s", expression, got, err, want)
		}
	}
}

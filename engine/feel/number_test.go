package feel

import (
	"encoding/json"
	"math/big"
	"strconv"
	"testing"

	"github.com/cockroachdb/apd/v3"
	"pgregory.net/rapid"
)

// drawNumber makes an integer or a decimal, often near the bounds of int64.
func drawNumber(t *rapid.T, label string) Value {
	i := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-20, 20), rapid.SampledFrom([]int64{-1 << 63, 1<<63 - 1})).Draw(t, label)
	if scale := rapid.Int32Range(0, 6).Draw(t, label+" scale"); scale > 0 {
		return Number(apd.New(i, -scale))
	}
	return Int(i)
}

func rational(v Value) *big.Rat {
	r, ok := new(big.Rat).SetString(string(v.AppendJSON(nil)))
	if !ok {
		panic(v.String())
	}
	return r
}

// Sums, differences, products and comparisons against exact fractions: 34 digits hold them all.
func TestArithmeticIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawNumber(t, "a"), drawNumber(t, "b")
		x, y := rational(a), rational(b)
		for _, op := range []struct {
			name string
			ours func(a, b Value) (Value, bool)
			want *big.Rat
		}{
			{"+", addNumbers, new(big.Rat).Add(x, y)},
			{"-", subtractNumbers, new(big.Rat).Sub(x, y)},
			{"*", multiplyNumbers, new(big.Rat).Mul(x, y)},
		} {
			v, ok := op.ours(a, b)
			scaled := new(big.Rat).Mul(op.want, big.NewRat(1e12, 1)) // no scale is larger than 6 + 6
			if exact := len(scaled.Num().String()) <= 34; !ok || exact && rational(v).Cmp(op.want) != 0 {
				t.Fatalf("%s %s %s = %s, want %s", a, op.name, b, v, op.want)
			}
			if op.want.IsInt() && op.want.Num().IsInt64() && scaleOf(v) == 0 && !isInt(v) {
				t.Fatalf("%s %s %s is not in the integer form", a, op.name, b)
			}
		}
		if got := compareNumbers(a, b); got != x.Cmp(y) {
			t.Fatalf("%s compared with %s: %d", a, b, got)
		}
		if q, ok := divideNumbers(a, b); ok != (y.Sign() != 0) {
			t.Fatalf("%s / %s", a, b)
		} else if ok {
			back, _ := multiplyNumbers(q, b)
			difference := new(big.Rat).Sub(rational(back), x)
			if bound := new(big.Rat).Mul(new(big.Rat).Abs(x), big.NewRat(1, 1e18)); difference.Abs(difference).Cmp(bound) > 0 {
				t.Fatalf("%s / %s * %s = %s", a, b, b, back)
			}
		}
	})
}

func TestNumbersAsText(t *testing.T) {
	for _, c := range []struct{ from, text, json string }{
		{"1", "1", "1"},
		{"1.0", "1.0", "1"},
		{"1.10", "1.10", "1.1"},
		{"-0", "0", "0"},
		{"-0.00", "-0.00", "0"},
		{"0e5", "0", "0"},
		{"1e3", "1000", "1000"},
		{"12345678901234567890", "12345678901234567890", "12345678901234567890"},
		{"1e-3", "0.001", "0.001"},
		{"1e300", "1E+300", "1E+300"},
		{"1e-300", "1E-300", "1E-300"},
		{"9223372036854775807", "9223372036854775807", "9223372036854775807"},
	} {
		v, ok := parseNumber(c.from)
		if !ok || v.String() != c.text || string(v.AppendJSON(nil)) != c.json {
			t.Errorf("%s: %s and %s, want %s and %s", c.from, v, v.AppendJSON(nil), c.text, c.json)
		}
		if !json.Valid(v.AppendJSON(nil)) {
			t.Errorf("%s gave invalid JSON", c.from)
		}
	}
	for _, text := range []string{"", "-", "NaN", "Infinity", "1e", "1e99999", "--1", "1.2.3", "0x10", "1_000"} {
		if v, ok := parseNumber(text); ok {
			t.Errorf("%q was read as %s", text, v)
		}
	}
}

func TestTruncation(t *testing.T) {
	for text, want := range map[string]int64{"1.9": 1, "-1.9": -1, "1e18": 1e18, "0.0001": 0, "9223372036854775807.5": 1<<63 - 1} {
		v, _ := parseNumber(text)
		if got, ok := v.AsInt64(); !ok || got != want {
			t.Errorf("%s: %s", text, strconv.FormatInt(got, 10))
		}
	}
	if v, _ := parseNumber("9223372036854775808"); true {
		if got, ok := v.AsInt64(); ok {
			t.Errorf("2^63 became %d", got)
		}
	}
}

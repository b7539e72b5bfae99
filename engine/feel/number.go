package feel

import (
	"math"
	"math/bits"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// decimals is the arithmetic of FEEL numbers: IEEE 754-2008 decimal128, 34 digits, half even (DMN 10.3.2.3.1, Java's
// MathContext.DECIMAL128). It is only read.
var decimals = &apd.Context{
	Precision: 34, Rounding: apd.RoundHalfEven, MaxExponent: 6144, MinExponent: -6143,
	Traps: apd.InvalidOperation | apd.DivisionByZero | apd.DivisionUndefined | apd.Overflow | apd.DivisionImpossible,
}

const (
	maxDigits   = 1000 // of one number, also of a JSON number that is kept exactly
	maxExponent = 6144
)

// parseNumber reads an optional sign, digits, a fraction and an exponent.
func parseNumber(text string) (Value, bool) {
	i := 0
	if i < len(text) && (text[i] == '-' || text[i] == '+') {
		i++
	}
	if i == len(text) || !(isDigit(text[i]) || text[i] == '.') || len(text) > maxDigits {
		return Null, false // apd would read "NaN" and "Infinity", too
	}
	d, condition, err := apd.NewFromString(text)
	if err != nil || condition.Any() || d.Form != apd.Finite {
		return Null, false
	}
	if e := int64(d.Exponent) + d.NumDigits() - 1; e > maxExponent || e < -maxExponent {
		return Null, false
	}
	return Number(d), true
}

// smallInteger returns a decimal without a fraction as an integer, when it fits.
func smallInteger(d *apd.Decimal) (i int64, ok bool) {
	if !d.Coeff.IsInt64() {
		return 0, false
	}
	i, ok = d.Coeff.Int64(), true
	for e := d.Exponent; e > 0 && i != 0 && ok; e-- {
		i, ok = multiplyInts(i, 10)
	}
	if d.Negative {
		i = -i
	}
	return i, ok
}

func truncate(d *apd.Decimal) (int64, bool) {
	if d.Exponent > 0 && int64(d.Exponent)+d.NumDigits() > 20 {
		return 0, false
	}
	var whole, fraction apd.Decimal
	d.Modf(&whole, &fraction)
	i, err := whole.Int64()
	return i, err == nil
}

// maxPlain is how many zeros a number is filled up with at most before it is written with an exponent.
const maxPlain = 40

// appendPlain appends d without an exponent as long as that is readable; with scale, trailing zeros of the fraction stay
// ("1.10").
func appendPlain(dst []byte, d *apd.Decimal, scale bool) []byte {
	start := len(dst)
	if e := int64(d.Exponent); e > maxPlain || e+d.NumDigits() < -maxPlain {
		return d.Append(dst, 'E')
	}
	dst = d.Append(dst, 'f')
	if scale || d.Exponent >= 0 {
		return dst
	}
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	if dst[len(dst)-1] == '.' {
		dst = dst[:len(dst)-1]
	}
	if string(dst[start:]) == "-0" {
		return append(dst[:start], '0')
	}
	return dst
}

// dec returns the number as a decimal; small is where an integer goes, so that it costs no allocation.
func (v Value) dec(small *apd.Decimal) *apd.Decimal {
	if v.p != nil {
		return (*apd.Decimal)(v.p)
	}
	small.SetInt64(v.n)
	return small
}

// isInt reports whether the number is in the integer form; every integral number in int64 without a scale is.
func isInt(v Value) bool { return v.p == nil }

func (v Value) sign() int {
	if isInt(v) {
		switch {
		case v.n > 0:
			return 1
		case v.n < 0:
			return -1
		}
		return 0
	}
	return (*apd.Decimal)(v.p).Sign()
}

func compareNumbers(a, b Value) int {
	if isInt(a) && isInt(b) {
		switch {
		case a.n < b.n:
			return -1
		case a.n > b.n:
			return 1
		}
		return 0
	}
	var x, y apd.Decimal
	return a.dec(&x).Cmp(b.dec(&y))
}

// operation is one of apd's context methods.
type operation func(c *apd.Context, d, x, y *apd.Decimal) (apd.Condition, error)

func decimalOp(op operation, a, b Value) (Value, bool) {
	var x, y apd.Decimal
	result := new(apd.Decimal)
	if _, err := op(decimals, result, a.dec(&x), b.dec(&y)); err != nil {
		return Null, false
	}
	return Number(result), true
}

func addNumbers(a, b Value) (Value, bool) {
	if isInt(a) && isInt(b) {
		if sum := a.n + b.n; (sum > a.n) == (b.n > 0) {
			return Int(sum), true
		}
	}
	return decimalOp((*apd.Context).Add, a, b)
}

func subtractNumbers(a, b Value) (Value, bool) {
	if isInt(a) && isInt(b) {
		if difference := a.n - b.n; (difference < a.n) == (b.n > 0) {
			return Int(difference), true
		}
	}
	return decimalOp((*apd.Context).Sub, a, b)
}

func multiplyNumbers(a, b Value) (Value, bool) {
	if isInt(a) && isInt(b) {
		if product, ok := multiplyInts(a.n, b.n); ok {
			return Int(product), true
		}
	}
	return decimalOp((*apd.Context).Mul, a, b)
}

func multiplyInts(a, b int64) (int64, bool) {
	negative := (a < 0) != (b < 0)
	high, low := bits.Mul64(magnitude(a), magnitude(b))
	if high != 0 || low > 1<<63 || low == 1<<63 && !negative {
		return 0, false
	}
	if negative {
		return -int64(low), true
	}
	return int64(low), true
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}

// divideNumbers divides; ok is false for a zero divisor.
func divideNumbers(a, b Value) (Value, bool) {
	if b.sign() == 0 {
		return Null, false
	}
	if isInt(a) && isInt(b) && b.n != -1 && a.n%b.n == 0 {
		return Int(a.n / b.n), true
	}
	v, ok := decimalOp((*apd.Context).Quo, a, b)
	if !ok || isInt(v) {
		return v, ok
	}
	return Number(preferScale((*apd.Decimal)(v.p), scaleOf(a)-scaleOf(b))), true
}

// scaleOf is the number of digits after the point (Java's BigDecimal.scale).
func scaleOf(v Value) int32 {
	if isInt(v) {
		return 0
	}
	return -(*apd.Decimal)(v.p).Exponent
}

// preferScale strips zeros at the end of d as long as more than scale digits follow the point.
func preferScale(d *apd.Decimal, scale int32) *apd.Decimal {
	scale = max(scale, 0)
	if -d.Exponent <= scale {
		return d
	}
	var reduced apd.Decimal
	reduced.Reduce(d)
	if -reduced.Exponent < scale {
		if _, err := decimals.Quantize(&reduced, &reduced, -scale); err != nil {
			return d
		}
	}
	if reduced.Exponent > 0 {
		if _, err := decimals.Quantize(&reduced, &reduced, 0); err != nil {
			return d
		}
	}
	return &reduced
}

// powerNumbers raises a to b, with 34 digits; ok is false where there is no real result.
func powerNumbers(a, b Value) (Value, bool) {
	if b.sign() == 0 {
		return Int(1), true
	}
	if a.sign() == 0 && b.sign() < 0 {
		return Null, false
	}
	v, ok := decimalOp((*apd.Context).Pow, a, b)
	if !ok || isInt(v) {
		return v, ok
	}
	scale := int32(0)
	if isInt(b) && b.n > 0 && b.n <= 34 {
		scale = scaleOf(a) * int32(b.n)
	}
	return Number(preferScale((*apd.Decimal)(v.p), scale)), true
}

func negateNumber(a Value) Value {
	if isInt(a) && a.n != math.MinInt64 {
		return Int(-a.n)
	}
	var x apd.Decimal
	result := new(apd.Decimal)
	result.Neg(a.dec(&x))
	return Number(result)
}

// numberText is how string() and messages write a number: plain, with its scale.
func numberText(v Value) string {
	var b strings.Builder
	var buf [48]byte
	if isInt(v) {
		b.Write(v.AppendJSON(buf[:0]))
	} else {
		b.Write(appendPlain(buf[:0], (*apd.Decimal)(v.p), true))
	}
	return b.String()
}

package feel

import (
	"github.com/cockroachdb/apd/v3"
)

var numericFunctions = []builtin{
	def("decimal", "n n, scale n", rounding("decimal", apd.RoundHalfEven)),
	def("floor", "n n", rounding("floor", apd.RoundFloor)),
	def("floor", "n n, scale n", rounding("floor", apd.RoundFloor)),
	def("ceiling", "n n", rounding("ceiling", apd.RoundCeiling)),
	def("ceiling", "n n, scale n", rounding("ceiling", apd.RoundCeiling)),
	def("round up", "n n, scale n", rounding("round up", apd.RoundUp)),
	def("round down", "n n, scale n", rounding("round down", apd.RoundDown)),
	def("round half up", "n n, scale n", rounding("round half up", apd.RoundHalfUp)),
	def("round half down", "n n, scale n", rounding("round half down", apd.RoundHalfDown)),
	def("abs", "n nDM", abs),
	def("modulo", "dividend n, divisor n", modulo),
	def("sqrt", "number n", func(m *machine, args []Value) Value {
		if args[0].sign() < 0 {
			return Null
		}
		return unary(args[0], (*apd.Context).Sqrt)
	}),
	def("log", "number n", func(m *machine, args []Value) Value {
		if args[0].sign() <= 0 {
			return m.hard("log of a number that is not positive")
		}
		return unary(args[0], (*apd.Context).Ln)
	}),
	def("exp", "number n", func(m *machine, args []Value) Value { return unary(args[0], (*apd.Context).Exp) }),
	def("odd", "number n", func(_ *machine, args []Value) Value { return parity(args[0], 1) }),
	def("even", "number n", func(_ *machine, args []Value) Value { return parity(args[0], 0) }),
	def("random number", "", func(m *machine, _ []Value) Value {
		fraction := apd.New(int64(nextRandom(m)%1e16), -16)
		return Number(fraction)
	}),
}

// rounding makes a function that rounds to a number of digits behind the point, 0 when it is not given.
func rounding(name string, mode apd.Rounder) func(m *machine, args []Value) Value {
	return func(m *machine, args []Value) Value {
		scale := int64(0)
		if len(args) == 2 {
			var ok bool
			if scale, ok = args[1].AsInt64(); !ok || scale > 6176 || scale < -6111 {
				return m.refuse(name, "the scale must be between -6111 and 6176")
			}
		}
		if isInt(args[0]) && scale >= 0 && len(args) == 1 {
			return args[0]
		}
		return roundTo(args[0], int32(scale), mode)
	}
}

func roundTo(v Value, scale int32, mode apd.Rounder) Value {
	if scale > maxPlain && scaleOf(v) <= scale {
		return v // not filled up with zeros that nobody asked to see
	}
	c := *decimals
	c.Rounding = mode
	c.Precision = maxDigits
	var small apd.Decimal
	result := new(apd.Decimal)
	if _, err := c.Quantize(result, v.dec(&small), -scale); err != nil {
		return Null
	}
	if scale < 0 {
		// a negative scale leaves an exponent; the number itself is integral
		if _, err := c.Quantize(result, result, 0); err != nil {
			return Null
		}
	}
	return Number(result)
}

func abs(_ *machine, args []Value) Value {
	switch v := args[0]; v.kind {
	case KindNumber:
		if v.sign() < 0 {
			return negateNumber(v)
		}
		return v
	case KindDaysTimeDuration:
		if v.n < 0 {
			return negateDaysTime(v)
		}
		return v
	default:
		if v.n < 0 {
			return yearsMonths(-v.n)
		}
		return v
	}
}

// modulo has the sign of the divisor: dividend - divisor * floor(dividend/divisor).
func modulo(m *machine, args []Value) Value {
	a, b := args[0], args[1]
	if b.sign() == 0 {
		return m.hard("modulo divides by zero")
	}
	if isInt(a) && isInt(b) && b.n != -1 {
		r := a.n % b.n
		if r != 0 && (r < 0) != (b.n < 0) {
			r += b.n
		}
		return Int(r)
	}
	r, ok := decimalOp((*apd.Context).Rem, a, b)
	if !ok {
		return m.refuse("modulo", "the quotient has more than 34 digits")
	}
	if r.sign() != 0 && (r.sign() < 0) != (b.sign() < 0) {
		r, _ = addNumbers(r, b)
	}
	return r
}

func unary(v Value, op func(c *apd.Context, d, x *apd.Decimal) (apd.Condition, error)) Value {
	var small apd.Decimal
	result := new(apd.Decimal)
	if _, err := op(decimals, result, v.dec(&small)); err != nil {
		return Null
	}
	var reduced apd.Decimal
	reduced.Reduce(result)
	if reduced.Exponent > 0 {
		if _, err := decimals.Quantize(&reduced, &reduced, 0); err != nil {
			return Number(result)
		}
	}
	return Number(&reduced)
}

// parity tests the remainder of a division by two; a number with a fraction is neither odd nor even.
func parity(v Value, rest uint64) Value {
	i, ok := v.AsInt64()
	return Bool(ok && magnitude(i)%2 == rest && compareNumbers(v, Int(i)) == 0)
}

// nextRandom advances the seed of the Env (splitmix64).
func nextRandom(m *machine) uint64 {
	m.env.Seed += 0x9e3779b97f4a7c15
	z := m.env.Seed
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

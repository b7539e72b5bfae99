package feel

import "github.com/cockroachdb/apd/v3"

// durationAmount is a duration as a number: of months, or of seconds with their fraction.
func durationAmount(v Value) Value {
	if v.kind == KindYearsMonthsDuration || v.x == 0 {
		return Int(v.n)
	}
	whole, ok := multiplyNumbers(Int(v.n), Int(1e9))
	if !ok {
		return Int(v.n)
	}
	nanos, _ := addNumbers(whole, Int(int64(v.x)))
	amount := new(apd.Decimal)
	small := new(apd.Decimal)
	amount.Set(nanos.dec(small))
	amount.Exponent -= 9
	return Number(amount)
}

// durationOf makes a duration of an amount, truncated to months or nanoseconds; null when it is too long.
func durationOf(kind Kind, amount Value) Value {
	whole, ok := amount.AsInt64()
	if !ok {
		return Null
	}
	if kind == KindYearsMonthsDuration {
		return yearsMonths(whole)
	}
	if isInt(amount) {
		return daysTime(whole, 0)
	}
	rest, _ := subtractNumbers(amount, Int(whole))
	nanos, _ := multiplyNumbers(rest, Int(1e9))
	n, _ := nanos.AsInt64()
	return daysTime(whole, n)
}

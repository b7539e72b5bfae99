package feel

import (
	"slices"

	"github.com/cockroachdb/apd/v3"
)

// ofItems defines a function that takes a list, or the items as arguments.
func ofItems(name string, f func(m *machine, items []Value) Value) []builtin {
	return []builtin{
		def(name, "list l", func(m *machine, args []Value) Value { return f(m, args[0].items()) }),
		def(name, "values a...", func(m *machine, args []Value) Value { return f(m, args) }),
	}
}

var statisticFunctions = slices.Concat(
	ofItems("min", func(m *machine, items []Value) Value { return extremeItem(m, "min", items, -1) }),
	ofItems("max", func(m *machine, items []Value) Value { return extremeItem(m, "max", items, 1) }),
	ofItems("sum", sum),
	ofItems("product", product),
	ofItems("mean", mean),
	ofItems("median", median),
	ofItems("stddev", stddev),
	ofItems("mode", mode),
)

// extremeItem returns the smallest (-1) or largest (1) item.
func extremeItem(m *machine, name string, items []Value, sign int) Value {
	if len(items) == 0 || !m.step(len(items)) {
		return Null
	}
	best := items[0]
	for _, item := range items {
		o, ok := order(item, best)
		if !ok {
			return m.refuse(name, excerptOf(List(items...), maxExcerpt)+" is not comparable")
		}
		if o == sign {
			best = item
		}
	}
	return best
}

// onlyNumbers checks that all items are numbers.
func onlyNumbers(m *machine, name string, items []Value) bool {
	for _, item := range items {
		if item.kind != KindNumber {
			m.refuse(name, "expected number but found '"+excerptOf(item, maxExcerpt)+"'")
			return false
		}
	}
	return m.step(len(items))
}

func foldNumbers(m *machine, name string, items []Value, op func(a, b Value) (Value, bool)) Value {
	if len(items) == 0 || !onlyNumbers(m, name, items) {
		return Null
	}
	total := items[0]
	for _, item := range items[1:] {
		var ok bool
		if total, ok = op(total, item); !ok {
			return m.refuse(name, "the result is out of range")
		}
	}
	return total
}

func sum(m *machine, items []Value) Value { return foldNumbers(m, "sum", items, addNumbers) }

func product(m *machine, items []Value) Value {
	return foldNumbers(m, "product", items, multiplyNumbers)
}

func mean(m *machine, items []Value) Value {
	total := foldNumbers(m, "mean", items, addNumbers)
	if total.kind == KindNull {
		return Null
	}
	v, _ := divideNumbers(total, Int(int64(len(items))))
	return v
}

func sortedNumbers(items []Value) []Value {
	sorted := slices.Clone(items)
	slices.SortStableFunc(sorted, compareNumbers)
	return sorted
}

func median(m *machine, items []Value) Value {
	if len(items) == 0 || !onlyNumbers(m, "median", items) {
		return Null
	}
	sorted := sortedNumbers(items)
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return mean(m, sorted[middle-1:middle+1])
}

// stddev is the sample standard deviation.
func stddev(m *machine, items []Value) Value {
	average := mean(m, items)
	if average.kind == KindNull {
		return Null
	}
	if len(items) == 1 {
		return m.hard("stddev needs at least two numbers")
	}
	total := Int(0)
	for _, item := range items {
		d, ok1 := subtractNumbers(item, average)
		square, ok2 := multiplyNumbers(d, d)
		sum, ok3 := addNumbers(total, square)
		if !ok1 || !ok2 || !ok3 {
			return m.refuse("stddev", "the result is out of range")
		}
		total = sum
	}
	variance, _ := divideNumbers(total, Int(int64(len(items)-1)))
	return unary(variance, (*apd.Context).Sqrt)
}

// mode returns the most frequent numbers in ascending order.
func mode(m *machine, items []Value) Value {
	if len(items) == 0 {
		return List()
	}
	if !onlyNumbers(m, "mode", items) {
		return Null
	}
	sorted := sortedNumbers(items)
	var modes []Value
	most := 0
	for i := 0; i < len(sorted); {
		end := i
		for end < len(sorted) && compareNumbers(sorted[i], sorted[end]) == 0 {
			end++
		}
		switch {
		case end-i > most:
			most, modes = end-i, []Value{sorted[i]}
		case end-i == most:
			modes = append(modes, sorted[i])
		}
		i = end
	}
	return newList(m, modes)
}

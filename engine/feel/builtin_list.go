package feel

import "slices"

var listFunctions = []builtin{
	def("list contains", "list l, element a", func(m *machine, args []Value) Value {
		return Bool(findItem(m, args[0].items(), args[1], 0) >= 0)
	}),
	def("count", "list l", func(_ *machine, args []Value) Value { return Int(int64(len(args[0].items()))) }),
	def("is empty", "list l", func(_ *machine, args []Value) Value { return Bool(len(args[0].items()) == 0) }),
	def("all", "list l", func(_ *machine, args []Value) Value { return junction(args[0].items(), noTri) }),
	def("all", "list a...", func(_ *machine, args []Value) Value { return junction(args, noTri) }),
	def("and", "list l", func(_ *machine, args []Value) Value { return junction(args[0].items(), noTri) }),
	def("and", "list a...", func(_ *machine, args []Value) Value { return junction(args, noTri) }),
	def("any", "list l", func(_ *machine, args []Value) Value { return junction(args[0].items(), yesTri) }),
	def("any", "list a...", func(_ *machine, args []Value) Value { return junction(args, yesTri) }),
	def("or", "list l", func(_ *machine, args []Value) Value { return junction(args[0].items(), yesTri) }),
	def("or", "list a...", func(_ *machine, args []Value) Value { return junction(args, yesTri) }),
	def("sublist", "list l, start position n", sublist),
	def("sublist", "list l, start position n, length n", sublist),
	def("append", "list l, items a...", func(m *machine, args []Value) Value {
		return newList(m, args[0].items(), args[1:])
	}),
	def("concatenate", "lists a...", concatenate),
	def("insert before", "list l, position n, newItem a", insertBefore),
	def("list replace", "list l, position n, newItem a", listReplace),
	def("list replace", "list l, match f, newItem a", listReplaceMatching),
	def("remove", "list l, position n", removeAt),
	def("reverse", "list l", func(m *machine, args []Value) Value {
		reversed := slices.Clone(args[0].items())
		slices.Reverse(reversed)
		return newList(m, reversed)
	}),
	def("index of", "list l, match a", indexesOf),
	def("union", "lists a...", func(m *machine, args []Value) Value {
		return distinctItems(m, concatenate(m, args).items())
	}),
	def("distinct values", "list l", func(m *machine, args []Value) Value { return distinctItems(m, args[0].items()) }),
	def("duplicate values", "list l", func(m *machine, args []Value) Value { return duplicateItems(m, args[0].items()) }),
	def("flatten", "list l", func(m *machine, args []Value) Value {
		return List(flattenInto(m, nil, args[0].items(), 0)...)
	}),
	def("sort", "list l, precedes f", sortList),
	def("partition", "list l, size n", partition),
}

// newList makes a list of parts, counted against the budget.
func newList(m *machine, parts ...[]Value) Value {
	n := 0
	for _, part := range parts {
		n += len(part)
	}
	if !m.step(n) || !m.grow(n*valueSize) {
		return Null
	}
	return List(slices.Concat(parts...)...)
}

// findItem returns the index of the first item from a position on that equals v, or -1.
func findItem(m *machine, items []Value, v Value, from int) int {
	for i := from; i < len(items) && m.step(1); i++ {
		if m.equal(items[i], v) == yesTri {
			return i
		}
	}
	return -1
}

// junction is the conjunction or disjunction of items: the decisive truth value when it occurs, null when something
// else than a boolean does.
func junction(items []Value, decisive tri) Value {
	result := decisive.not()
	for _, item := range items {
		switch {
		case item.kind != KindBoolean:
			result = unknownTri
		case tri(item.n) == decisive:
			return decisive.value()
		}
	}
	return result.value()
}

// place turns a position (from 1, or from the end when negative) into an index; ok is false for zero.
func place(position Value, n int) (index int64, ok bool) {
	p, fits := position.AsInt64()
	switch {
	case !fits || p == 0:
		return 0, false
	case p < 0:
		return int64(n) + p, true
	}
	return p - 1, true
}

func sublist(m *machine, args []Value) Value {
	items := args[0].items()
	n := int64(len(items))
	start, ok := place(args[1], len(items))
	if !ok {
		return m.refuse("sublist", "start position must be a non-zero number")
	}
	end := n
	if len(args) == 3 {
		length, ok := args[2].AsInt64()
		if !ok || length < 0 {
			return m.refuse("sublist", "length must not be negative")
		}
		if length < n-max(start, 0) {
			end = start + length
		}
	}
	start, end = max(start, 0), max(end, 0)
	if start >= end {
		return List()
	}
	return List(items[start:end:end]...)
}

func concatenate(m *machine, args []Value) Value {
	parts := make([][]Value, len(args))
	for i, v := range args {
		parts[i] = []Value{v}
		if v.kind == KindList {
			parts[i] = m.items(v)
		}
	}
	return newList(m, parts...)
}

func insertBefore(m *machine, args []Value) Value {
	items := args[0].items()
	at, ok := place(args[1], len(items))
	if !ok {
		return m.refuse("insert before", "position must be a non-zero number")
	}
	at = min(max(at, 0), int64(len(items)))
	return newList(m, items[:at], args[2:3], items[at:])
}

func listReplace(m *machine, args []Value) Value {
	items := args[0].items()
	at, ok := place(args[1], len(items))
	if !ok || at < 0 || at >= int64(len(items)) {
		return m.refuse("list replace", "there is no item at position "+args[1].String())
	}
	return newList(m, items[:at], args[2:3], items[at+1:])
}

// listReplaceMatching replaces the items for which match(item, newItem) is true.
func listReplaceMatching(m *machine, args []Value) Value {
	f := (*function)(args[1].p)
	if len(f.params) != 2 {
		return m.refuse("list replace", "match must be a function with two parameters")
	}
	items := slices.Clone(args[0].items())
	for i, item := range items {
		v := m.invoke(f, []Value{item, args[2]})
		if v.kind != KindBoolean || m.err != nil {
			return m.refuse("list replace", "match must return a boolean")
		}
		if v.n != 0 {
			items[i] = args[2]
		}
	}
	return newList(m, items)
}

func removeAt(m *machine, args []Value) Value {
	items := args[0].items()
	at, ok := place(args[1], len(items))
	if !ok {
		return m.refuse("remove", "position must be a non-zero number")
	}
	if at < 0 || at >= int64(len(items)) {
		return args[0]
	}
	return newList(m, items[:at], items[at+1:])
}

func indexesOf(m *machine, args []Value) Value {
	var positions []Value
	items := args[0].items()
	for i := findItem(m, items, args[1], 0); i >= 0; i = findItem(m, items, args[1], i+1) {
		positions = append(positions, Int(int64(i+1)))
	}
	return newList(m, positions)
}

// distinctItems keeps the first of equal items.
func distinctItems(m *machine, items []Value) Value {
	var kept []Value
	for _, item := range items {
		if findItem(m, kept, item, 0) < 0 {
			kept = append(kept, item)
		}
		if m.err != nil {
			return Null
		}
	}
	return newList(m, kept)
}

// duplicateItems keeps one of each item that occurs more than once, in the order of first occurrence.
func duplicateItems(m *machine, items []Value) Value {
	var kept []Value
	for i, item := range items {
		if findItem(m, items, item, i+1) >= 0 && findItem(m, kept, item, 0) < 0 {
			kept = append(kept, item)
		}
		if m.err != nil {
			return Null
		}
	}
	return newList(m, kept)
}

func flattenInto(m *machine, dst, items []Value, depth int) []Value {
	for _, item := range items {
		if !m.step(1) || !m.grow(valueSize) {
			return nil
		}
		if item.kind == KindList && depth < MaxJSONDepth {
			dst = flattenInto(m, dst, m.items(item), depth+1)
		} else {
			dst = append(dst, item)
		}
	}
	return dst
}

// sortList sorts stably by precedes(a, b). A result that is no boolean ends it with null.
func sortList(m *machine, args []Value) Value {
	f := (*function)(args[1].p)
	if len(f.params) != 2 {
		return m.illegal("sort", args)
	}
	sorted := slices.Clone(args[0].items())
	bad, failed := Null, false
	before := func(a, b Value) bool {
		if failed || m.err != nil {
			return false
		}
		v := m.invoke(f, []Value{a, b})
		if v.kind != KindBoolean {
			bad, failed = v, true
		}
		return v.kind == KindBoolean && v.n != 0
	}
	slices.SortStableFunc(sorted, func(a, b Value) int {
		switch {
		case before(a, b):
			return -1
		case before(b, a):
			return 1
		}
		return 0
	})
	if failed {
		return m.refuse("sort", "fail to sort list by given precedes function: expected boolean but found '"+excerptOf(bad, maxExcerpt)+"'")
	}
	return newList(m, sorted)
}

func partition(m *machine, args []Value) Value {
	size, ok := args[1].AsInt64()
	if !ok || size < 1 {
		return m.refuse("partition", "'size' should be greater than zero but was '"+args[1].String()+"'")
	}
	items := args[0].items()
	var parts []Value
	for len(items) > 0 {
		n := int(min(size, int64(len(items))))
		parts = append(parts, List(items[:n:n]...))
		items = items[n:]
	}
	return newList(m, parts)
}

package check

import "slices"

// Shrink finds a smaller list that still fails: of a failing run's faults, or of its workload's tasks. It is delta debugging:
// parts of the list, then ever smaller ones, are left out as long as what is left fails. With enough budget the result is
// minimal in that nothing single can be left out any more. fails is called at most budget times (0: 1,000) and must always say
// the same about the same list; items itself is taken to fail and never changed. The order of what is left is kept.
func Shrink[T any](items []T, budget int, fails func(items []T) bool) []T {
	if budget == 0 {
		budget = 1000
	}
	left := slices.Clone(items)
	for parts := 2; len(left) > 0 && budget > 0; {
		parts = min(parts, len(left))
		smaller, found := withoutOnePart(left, parts, &budget, fails)
		switch {
		case found:
			left, parts = smaller, max(parts-1, 2)
		case parts == len(left):
			return left
		default:
			parts *= 2
		}
	}
	return left
}

// withoutOnePart tries to leave out one of the parts, from the end: what comes late is the likelier not to matter.
func withoutOnePart[T any](items []T, parts int, budget *int, fails func([]T) bool) (smaller []T, found bool) {
	for part := parts - 1; part >= 0 && *budget > 0; part-- {
		from, to := part*len(items)/parts, (part+1)*len(items)/parts
		rest := slices.Concat(items[:from], items[to:])
		*budget--
		if fails(rest) {
			return rest, true
		}
	}
	return nil, false
}

// ShrinkBoth shrinks two lists that only fail together, such as faults and tasks, in turn until neither gets smaller. Each
// round may use the budget for each list.
func ShrinkBoth[A, B any](a []A, b []B, budget int, fails func([]A, []B) bool) ([]A, []B) {
	for {
		before := len(a) + len(b)
		a = Shrink(a, budget, func(fewer []A) bool { return fails(fewer, b) })
		b = Shrink(b, budget, func(fewer []B) bool { return fails(a, fewer) })
		if len(a)+len(b) == before {
			return a, b
		}
	}
}

// Same tells whether a run broke the promise that another one broke: a shrinker must not wander off to another defect.
func Same(want Violation, seen []Violation) bool {
	return slices.ContainsFunc(seen, func(v Violation) bool { return v.Signature() == want.Signature() })
}

package check

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// toyWorld is a register with two replicas. It loses an acknowledged write if, between the write and its copying, the first
// replica crashes while the second one is cut off.
func toyWorld(faults, writes []string) (violations []Violation) {
	cut, copied := false, true
	for i := range max(len(faults), len(writes)) {
		if i < len(writes) {
			copied = !cut
		}
		if i >= len(faults) {
			continue
		}
		switch faults[i] {
		case "cut":
			cut = true
		case "mend":
			cut, copied = false, true
		case "crash":
			if !copied {
				violations = append(violations, Violation{Rule: RuleAcknowledge, What: "a write is lost"})
			}
			copied = true
		case "odd":
			violations = append(violations, Violation{Rule: RuleTimer, What: "something else"})
		}
	}
	return violations
}

// TestAFailingRunShrinksToWhatMatters: of forty faults and thirty writes two faults and the write between them are left, and the
// other defect is not mistaken for it.
func TestAFailingRunShrinksToWhatMatters(t *testing.T) {
	var faults, writes []string
	for i := range 40 {
		faults = append(faults, []string{"slow", "cut", "mend", "slow", "odd", "slow", "cut", "slow", "slow", "crash"}[i%10])
	}
	for i := range 30 {
		writes = append(writes, fmt.Sprint("write ", i))
	}
	want := Violation{Rule: RuleAcknowledge}
	runs := 0
	fails := func(f, w []string) bool { runs++; return Same(want, toyWorld(f, w)) }
	if !fails(faults, writes) {
		t.Fatal("the toy world does not fail")
	}
	f, w := ShrinkBoth(faults, writes, 0, fails)
	if !slices.Equal(f, []string{"cut", "crash"}) || len(w) != 2 {
		t.Fatalf("shrunk to %q and %q in %d runs", f, w, runs)
	}
	again, _ := ShrinkBoth(faults, writes, 0, fails)
	if !slices.Equal(f, again) {
		t.Fatalf("first %q, then %q", f, again)
	}
	t.Logf("%q, %q in %d runs", f, w, runs)
}

// TestNothingSingleCanBeLeftOut: whatever subset makes a run fail, the result holds it and nothing else.
func TestNothingSingleCanBeLeftOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "items")
		needed := rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 0, 5, rapid.ID[int]).Draw(t, "needed")
		items := make([]int, n)
		for i := range items {
			items[i] = i
		}
		got := Shrink(items, 0, func(left []int) bool {
			return !slices.ContainsFunc(needed, func(i int) bool { return !slices.Contains(left, i) })
		})
		slices.Sort(needed)
		if !slices.Equal(got, needed) {
			t.Fatalf("of %d items, of which %v make it fail, %v are left", n, needed, got)
		}
	})
}

// TestTheBudgetIsKept: a run that is expensive is not repeated more often than allowed, and what is given back still fails.
func TestTheBudgetIsKept(t *testing.T) {
	items, runs := make([]int, 1000), 0
	for i := range items {
		items[i] = i
	}
	fails := func(left []int) bool { runs++; return slices.Contains(left, 7) && slices.Contains(left, 990) }
	got := Shrink(items, 12, fails)
	if runs > 12 || !fails(got) || len(got) >= len(items) {
		t.Fatalf("%d runs, %d left", runs, len(got))
	}
}

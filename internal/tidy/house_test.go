package tidy

import (
	"testing"
)

// TestHouse runs every rule over the whole module.
func TestHouse(t *testing.T) {
	house, err := Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(Allowed) > maxAllowed {
		t.Errorf("the allow-list has %d entries, maxAllowed is %d: cure the new ones instead", len(Allowed), maxAllowed)
	}
	for _, a := range Allowed {
		if a.Reason == "" {
			t.Errorf("the allowance of %s for %s has no reason", a.Rule, a.Name)
		}
	}
	byRule := map[string][]Offence{}
	for _, o := range Inspect(house, Allowed) {
		byRule[o.Rule] = append(byRule[o.Rule], o)
	}
	rules := []string{"compiles", "allow-list"}
	for _, r := range Rules() {
		rules = append(rules, r.Name)
	}
	for _, rule := range rules {
		t.Run(rule, func(t *testing.T) {
			for _, o := range byRule[rule] {
				t.Errorf("%s [%s]", o, o.Name)
			}
		})
	}
}

package planted_test

import (
	"testing"

	"github.com/payhub/payhub/test/planted"
)

// TestEveryPatchApplies keeps the patches alive: whoever changes what they break mends them.
func TestEveryPatchApplies(t *testing.T) {
	bugs, err := planted.Bugs("patches")
	if err != nil {
		t.Fatal(err)
	}
	if len(bugs) < 20 {
		t.Errorf("there are %d bugs", len(bugs))
	}
	for i := range bugs {
		if err := bugs[i].Check("../.."); err != nil {
			t.Errorf("%02d-%s: %v", bugs[i].Number, bugs[i].Name, err)
		}
	}
}

package sim

import (
	"strings"
	"testing"
)

// TestANodeWithoutItsDiskIsSomebodyElse shows why an empty disk is a new generation: a node that comes back with the old
// identity votes for what it has forgotten, and a committed entry is lost. The same worlds keep it with a new generation.
func TestANodeWithoutItsDiskIsSomebodyElse(t *testing.T) {
	const seeds = 50
	faults := &Faults{Every: 250, Kinds: []string{"lost disk", "kill a leader", "isolate a leader", "isolate a node", "kill a node"}}
	options := func(seed uint64) *Options {
		return &Options{Seed: seed, Nodes: 3, Partitions: 1, Duration: 6_000, Settle: 1_000, Faults: faults, Client: newSmoke(2)}
	}
	for seed := uint64(1); seed <= seeds; seed++ {
		naive := newWorld(options(seed)).live(plan{naiveIdentity: true})
		for _, v := range naive.Violations {
			if v.Rule != "I12" || !strings.Contains(v.What, "another one there") {
				continue
			}
			t.Logf("the naive way: seed %d: %s", seed, v.What)
			for _, v := range newWorld(options(seed)).live(plan{}).Violations {
				if v.Rule == "I12" {
					t.Errorf("with a generation of its own: %s", v.What)
				}
			}
			return
		}
	}
	t.Errorf("in %d worlds the naive way lost nothing: the simulator does not lose disks as it should", seeds)
}

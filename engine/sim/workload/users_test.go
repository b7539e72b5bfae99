package workload

import (
	"math/rand/v2"
	"testing"

	"github.com/payhub/payhub/engine/sim/check"
)

// play carries out a plan in a perfect world.
func play(seed uint64, size int, duration int64) (*Users, *check.Judge) {
	var users *Users
	judge := check.NewJudge(check.Options{Seed: seed, Books: func() check.Books { return users.Books() }})
	users = New(Draw(rand.New(rand.NewPCG(seed, 0)), size, duration), judge)
	newPerfect(seed, 3, judge).run(users, duration, 600_000)
	return users, judge
}

// TestEverythingEndsAndNothingIsBlamedInAPerfectWorld: what workers and ledgers do wrong is theirs to do; the engine keeps
// its promises.
func TestEverythingEndsAndNothingIsBlamedInAPerfectWorld(t *testing.T) {
	for seed := range uint64(8) {
		users, judge := play(seed, 150, 60_000)
		for _, v := range judge.Violations() {
			t.Errorf("seed %d: %s", seed, v)
		}
		if users.Begun() != 150 {
			t.Errorf("seed %d: %d tasks were begun", seed, users.Begun())
		}
		t.Logf("seed %d: %+v", seed, judge.Counts())
	}
}

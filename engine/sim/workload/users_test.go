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

// TestTheSamePlanIsPlayedTheSameWay: a seed replays a run bit for bit.
func TestTheSamePlanIsPlayedTheSameWay(t *testing.T) {
	_, first := play(5, 120, 30_000)
	_, again := play(5, 120, 30_000)
	if first.Counts() != again.Counts() || first.Fingerprint() != again.Fingerprint() {
		t.Fatalf("first %+v %x, then %+v %x", first.Counts(), first.Fingerprint(), again.Counts(), again.Fingerprint())
	}
}

// TestEverythingEndsAndNothingIsBlamedInAPerfectWorld: what workers and ledgers do wrong is theirs to do; the engine keeps
// its promises.
func TestEverythingEndsAndNothingIsBlamedInAPerfectWorld(t *testing.T) {
	for seed := range uint64(8) {
		users, judge := play(seed, 150, 60_000)
		for _, v := range judge.Violations() {
			t.Errorf("seed %d: %s", seed, v)
		}
		if users.Begun() < 145 { // the last ones may be planned for the very end
			t.Errorf("seed %d: %d tasks were begun", seed, users.Begun())
		}
		t.Logf("seed %d: %+v", seed, judge.Counts())
	}
}

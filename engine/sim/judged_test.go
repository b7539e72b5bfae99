package sim_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/payhub/payhub/engine/sim"
	"github.com/payhub/payhub/engine/sim/check"
	"github.com/payhub/payhub/engine/sim/workload"
)

var (
	judgedSeed  = flag.Uint64("judged-seed", 0, "the seed that TestJudgedSeed replays")
	judgedSeeds = flag.Uint64("judged-seeds", 5, "how many seeds TestJudgedWorlds runs")
	judgedFrom  = flag.Uint64("judged-from", 1, "the first of them")
)

// judged runs a world with the whole workload, judged by every checker.
func judged(seed uint64, size int, log func(string)) (sim.Report, *check.Judge, *workload.Users) {
	const duration = 30_000
	var users *workload.Users
	judge := check.NewJudge(check.Options{
		Seed: seed, Replay: fmt.Sprintf("go test ./engine/sim -run TestJudgedSeed -judged-seed %d", seed),
		Books: func() check.Books { return users.Books() },
	})
	users = workload.New(workload.Draw(rand.New(rand.NewPCG(seed, 0x5bd1e995)), size, duration), judge)
	return sim.Run(sim.Options{Seed: seed, Duration: duration, Client: users, History: judge, Log: log}), judge, users
}

func TestJudgedSeed(t *testing.T) {
	if *judgedSeed == 0 {
		t.Skip("no -judged-seed was given")
	}
	report, judge, users := judged(*judgedSeed, 300, func(line string) { t.Log(line) })
	t.Logf("%s\n%+v, %d tasks", report.String(), judge.Counts(), users.Begun())
	for _, v := range judge.Violations() {
		t.Error(v)
	}
}

func TestJudgedWorlds(t *testing.T) {
	for seed := *judgedFrom; seed < *judgedFrom+*judgedSeeds; seed++ {
		report, judge, users := judged(seed, 300, nil)
		t.Logf("seed %d: %d tasks, %+v, %d commands decided, %d s", seed, users.Begun(), judge.Counts(), report.Commands, report.Simulated/1000)
		for i, v := range report.Violations {
			if i < 6 {
				t.Error(v)
			}
		}
	}
}

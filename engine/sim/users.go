package sim

import (
	"fmt"
	"math/rand/v2"

	"github.com/payhub/payhub/engine/sim/check"
	"github.com/payhub/payhub/engine/sim/workload"
)

// tasksPerSecond is what the usual workload does in a simulated second.
const tasksPerSecond = 40

// Replay is the command that repeats the run of a seed.
func Replay(seed uint64) string {
	return fmt.Sprintf("go test ./engine/sim -run TestSeed -seed %d", seed)
}

// Plan is the usual workload of the Options' seed.
func (o *Options) Plan() workload.Plan {
	rng := rand.New(rand.NewPCG(o.Seed, 0xd6e8feb86659fd93))
	size := o.Tasks
	if size == 0 {
		size = int(o.duration()) * tasksPerSecond / 1000
	}
	return workload.Draw(rng, size, o.duration())
}

func (o *Options) duration() int64 {
	if o.Duration == 0 {
		return 20_000
	}
	return o.Duration
}

// people makes the usual users and the judge who watches them, unless the Options bring their own.
func (o *Options) people(rows check.Rows) {
	if o.Client != nil {
		return
	}
	var users *workload.Users
	judge := check.NewJudge(check.Options{
		Seed: o.Seed, Replay: Replay(o.Seed), Rows: rows, Books: func() check.Books { return users.Books() },
	})
	plan := o.Plan()
	if o.Workload != nil {
		plan = *o.Workload
	}
	users = workload.New(plan, judge)
	o.Client, o.History = users, judge
}

package workload

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Kind is what a task does.
type Kind string

// The kinds of tasks.
const (
	Payment      Kind = "payment"       // a transfer by the real flow, started once by its key
	Timers       Kind = "timers"        // an instance that waits for timers
	TwoMessages  Kind = "two messages"  // both published after the instance waits
	MessageFirst Kind = "message first" // both published before the instance is created
	NoBuffer     Kind = "no buffer"     // published without a time to live until somebody takes it
	MessageStart Kind = "message start" // instances started by messages of one correlation key
	Race         Kind = "race"          // a message against a timer
	Gateways     Kind = "gateways"      // parallel and exclusive gateways, a call activity, an error
	Incidents    Kind = "incidents"     // what a person must mend
	Cancel       Kind = "cancel"        // an instance that waits for ever, and is canceled
	Result       Kind = "result"        // a create that waits for its instance's result
	Plain        Kind = "plain"         // a create without a key
	Deploy       Kind = "deploy"        // a new version of a process under load
	Expire       Kind = "expire"        // a message that expires before anybody wants it
	Shared       Kind = "shared key"    // several instances wait with one correlation key, and each takes a message
)

// weights says how often each kind is drawn.
var weights = []struct {
	kind   Kind
	weight int
}{
	{Payment, 40},
	{Timers, 8},
	{TwoMessages, 7},
	{MessageFirst, 7},
	{NoBuffer, 4},
	{MessageStart, 6},
	{Race, 5},
	{Gateways, 8},
	{Incidents, 4},
	{Cancel, 4},
	{Result, 3},
	{Plain, 3},
	{Deploy, 1},
	{Expire, 2},
	{Shared, 4},
}

// Task is one thing that a user does. Everything it chooses follows from its Seed, so that leaving other tasks out does not
// change it.
type Task struct {
	Kind Kind
	At   int64 // ms after the start
	Seed uint64
}

// Name tells tasks apart; keys and message ids derive from it.
func (t Task) Name() string { return fmt.Sprintf("%016x", t.Seed) }

// String names the task for reports.
func (t Task) String() string { return fmt.Sprintf("%s %s at %d", t.Kind, t.Name(), t.At) }

// Plan is a whole workload.
type Plan struct {
	Tasks []Task
	// Habits are those of workers and ledgers.
	Habits Habits
}

// Habits are how often workers and ledgers do what they should not, in thousandths of jobs.
type Habits struct {
	Forget    int // the worker dies between what it did and saying so
	Slow      int // it answers after its lease
	Twice     int // it says so twice
	Fail      int // it fails the job, which has retries left
	Lost      int // the ledger does it, and its answer is lost
	Late      int // the ledger does it long after the worker gave up
	Lease     int64
	PollEvery int64
}

// Draw makes a plan of size tasks within duration ms from a source of choices.
func Draw(rng *rand.Rand, size int, duration int64) Plan {
	total := 0
	for _, w := range weights {
		total += w.weight
	}
	p := Plan{Tasks: make([]Task, size), Habits: drawHabits(rng)}
	for i := range p.Tasks {
		at := rng.IntN(total)
		kind := Payment
		for _, w := range weights {
			if at -= w.weight; at < 0 {
				kind = w.kind
				break
			}
		}
		p.Tasks[i] = Task{Kind: kind, At: rng.Int64N(max(duration, 1)), Seed: rng.Uint64()}
	}
	slices.SortStableFunc(p.Tasks, func(a, b Task) int { return cmp.Compare(a.At, b.At) })
	return p
}

// drawHabits makes some runs kind and others nasty.
func drawHabits(rng *rand.Rand) Habits {
	worst := []int{0, 20, 60, 150}[rng.IntN(4)]
	some := func() int { return rng.IntN(worst + 1) }
	return Habits{
		Forget: some(), Slow: some(), Twice: some(), Fail: some(), Lost: some(), Late: some(),
		Lease: []int64{3_000, 5_000, 8_000}[rng.IntN(3)], PollEvery: 1_000 + rng.Int64N(3_000),
	}
}

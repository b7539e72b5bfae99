// Package sim runs whole clusters in one goroutine, with time and every choice from one seed. The engine's core, its
// appliers, state tables, record codec, chain hash, routing and courier are the real ones; Raft, RocksDB, network, disks,
// clocks and processes are replaced by simple ones that go wrong as the real ones do. A seed that finds a defect replays
// it for ever.
package sim

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/payhub/payhub/engine/sim/check"
)

// Report is what a run came to.
type Report struct {
	Seed      uint64
	Simulated int64 // milliseconds
	Commands  int   // that were decided
	Events    int
	Entries   int // committed
	Faults    []Count
	Noticed   []Count // what followed from faults: torn writes, states sent, …
	// Hash stands for everything that happened: two runs of the same Options have the same.
	Hash       uint64
	Violations []check.Violation
}

// FaultCount is the number of faults of all kinds.
func (r *Report) FaultCount() (n int) {
	for _, f := range r.Faults {
		n += f.N
	}
	return n
}

// String names the run and everything that was broken, with how to see it again.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %d commands, %d entries, %d faults, %.1f s simulated, trace %016x", r.Seed, r.Commands, r.Entries, r.FaultCount(), float64(r.Simulated)/1000, r.Hash)
	for _, v := range r.Violations {
		fmt.Fprintf(&b, "\n  %s at %.3f s: %s", v.Rule, float64(v.At-epoch)/1000, v.What)
	}
	if len(r.Violations) > 0 {
		b.WriteString("\n  replay: " + Replay(r.Seed))
	}
	return b.String()
}

// Run runs a world to its end.
func Run(o Options) Report { return newWorld(&o).live(plan{}) }

// live runs the world: first with faults, then healed until everything that was begun has ended.
func (w *world) live(p plan) (r Report) {
	defer func() { // the seed is worth more than the crash
		if cause := recover(); cause != nil {
			w.violate("panic", fmt.Sprintf("%v\n%s", cause, debug.Stack()))
			w.checks.violations = append(w.checks.violations, w.checks.heard()...)
			r = w.report()
		}
	}()
	o := w.options
	o.Duration = o.duration()
	if o.Settle == 0 {
		o.Settle = 180_000
	}
	w.plan = p
	w.form()
	w.run(o.Duration*1000, nil)
	if !w.stopped {
		w.log("healed")
		w.faults.heal()
		o.Client.Heal()
		looked := w.now
		w.run(w.now+o.Settle*1000, func() bool {
			if w.now-looked < 100_000 {
				return false
			}
			looked = w.now
			return o.Client.Idle() && w.whole()
		})
	}
	if !w.stopped {
		w.rest()
		w.checks.end(o.Client.Unfinished())
	} else {
		w.checks.violations = append(w.checks.violations, w.checks.heard()...)
	}
	return w.report()
}

// whole tells whether every node is a voter again everywhere.
func (w *world) whole() bool {
	for _, n := range w.nodes {
		if !w.checks.votes(n) {
			return false
		}
	}
	return true
}

// rest lets the replicas come level: exporters go on acknowledging for ever, so there is a moment to be found at which
// all have applied what is committed.
func (w *world) rest() {
	looked := w.now
	w.run(w.now+20_000_000, func() bool {
		if w.now-looked < 1000 {
			return false
		}
		looked = w.now
		return w.now > 3_000_000 && w.checks.level()
	})
}

func (w *world) report() Report {
	r := Report{
		Seed: w.options.Seed, Simulated: w.now / 1000, Commands: w.counts.commands, Events: w.counts.events,
		Faults: w.faults.counts, Noticed: w.counts.kinds, Hash: w.hash, Violations: w.checks.violations,
	}
	for p := range w.checks.logs {
		r.Entries += len(w.checks.logs[p].entries)
	}
	return r
}

// level tells whether all replicas have applied everything that is committed.
func (c *checks) level() bool {
	for p := range c.logs {
		for _, number := range c.w.hosts(int32(p + 1)) {
			r := c.w.nodes[number].replica(int32(p + 1))
			if r == nil || r.store.index != uint64(len(c.logs[p].entries)) {
				return false
			}
		}
	}
	return true
}

// heard is what the history found, when the world could not go on.
func (c *checks) heard() []check.Violation {
	if c.history == nil {
		return nil
	}
	return c.history.Violations()
}

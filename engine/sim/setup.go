package sim

import (
	"math/rand/v2"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/sim/check"
	"github.com/payhub/payhub/engine/sim/workload"
)

// Options say which world to run. Everything that is 0 is drawn from the seed.
type Options struct {
	// Seed decides everything: the same Options give the same world, event for event.
	Seed uint64
	// Nodes, Partitions and Factor shape the cluster; Gateways is how many take calls.
	Nodes, Partitions, Factor, Gateways int
	// Duration is how long faults are injected and the workload works, in simulated milliseconds; 20,000.
	Duration int64
	// Settle is how long everything may take to end after that, in simulated milliseconds; 180,000.
	Settle int64
	// Faults says what goes wrong; nil is drawn from the seed: everything, or a few kinds more often.
	Faults *Faults
	// Tasks is how many the usual workload has; about 40 for each simulated second.
	Tasks int
	// Workload is what the usual users do; nil is drawn from the seed.
	Workload *workload.Plan
	// Client is another workload, with History as its judge (nil: only the world's own checks run). It must be new. nil is
	// the usual one, of payments and whatever else the engine can do, with the judge of package check.
	Client  workload.Client
	History check.History
	// Hasty ends the world soon after the first promise is broken, instead of looking what else is.
	Hasty bool
	// Log gets a line for each fault and each change of leadership; nil: nobody does.
	Log func(line string)
}

// Faults says what goes wrong in a world.
type Faults struct {
	// Every is the mean time between two faults in simulated milliseconds; 0 is 300.
	Every int64
	// Kinds are the faults that happen; none is all.
	Kinds []string
	// Never leaves the world alone.
	Never bool
}

// setup is what the seed, and the options, make of a world. Times are in microseconds.
type setup struct {
	nodes, partitions, factor, gateways int

	heartbeat           int64 // how long a follower waits for its leader
	syncTime            int64 // of a disk
	flushInterval       int64 // of the states
	flushTime           int64
	trailing            uint64 // entries kept for followers behind a flush
	exportInterval      int64
	acknowledgeInterval int64

	queueSize   int
	maxCommands int
	limits      core.Limits
}

// plan holds the deliberate mistakes of the cluster around the engine that tests of the simulator make.
type plan struct {
	naiveIdentity bool // a node without disk comes back as who it was
}

func draw(o *Options, r *rand.Rand) setup {
	one := func(given int, of ...int) int {
		drawn := of[r.IntN(len(of))]
		if given != 0 {
			return given
		}
		return drawn
	}
	s := setup{
		nodes:      one(o.Nodes, 3, 3, 3, 3, 5, 4, 1),
		partitions: one(o.Partitions, 1, 2, 3, 3, 4),
		gateways:   one(o.Gateways, 1, 2, 3),

		heartbeat:           int64(one(0, 150_000, 300_000, 300_000, 500_000)),
		syncTime:            int64(one(0, 200, 500, 1000, 3000)),
		flushInterval:       int64(one(0, 200_000, 1_000_000, 3_000_000)),
		flushTime:           int64(one(0, 2_000, 50_000, 400_000)),
		trailing:            uint64(one(0, 1, 20, 200, 2000)),
		exportInterval:      int64(one(0, 20_000, 200_000)),
		acknowledgeInterval: int64(one(0, 200_000, 1_000_000)),

		queueSize:   one(0, 4096, 4096, 64),
		maxCommands: one(0, 256, 256, 16, 1),
		limits:      core.Limits{MaxRecords: one(0, 5000, 5000, 500, 50)},
	}
	if s.maxCommands == 1 {
		s.queueSize = 64 // more would wait longer than its callers
	}
	s.factor = min(one(o.Factor, 3, 3, 3, 5), s.nodes)
	return s
}

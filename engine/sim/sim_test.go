package sim

import (
	"flag"
	"runtime"
	"runtime/debug"
	"testing"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "the world that TestSeed replays")
	seedsFlag = flag.Int("seeds", 0, "how many worlds TestVolume runs; 0 is a few")
	hastyFlag = flag.Bool("hasty", false, "whether its worlds end soon after the first promise is broken")
	fromFlag  = flag.Uint64("from", 1, "the seed of the first of them")
)

// TestSeed replays one world and says what happens in it. With -key it shows the committed records that name a key.
func TestSeed(t *testing.T) {
	if *seedFlag == 0 {
		t.Skip("a world is replayed with -seed N, the number that a failing test prints")
	}
	o := Options{Seed: *seedFlag, Log: func(line string) { t.Log(line) }}
	w := newWorld(&o)
	r := w.live(plan{})
	if *keyFlag != "" {
		explain(t, w, *keyFlag)
	}
	t.Log(r.String())
	if len(r.Violations) > 0 {
		t.Fail()
	}
}

// TestAQuietWorldKeepsAllPromises tells defects of the simulator, or of the engine without any fault, from others.
func TestAQuietWorldKeepsAllPromises(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		if r := Run(Options{Seed: seed, Faults: &Faults{Never: true}, Duration: 5_000}); len(r.Violations) > 0 {
			t.Error(r.String())
		}
	}
}

// TestASeedReplaysBitForBit runs the same world again: alone, beside others, with one and with more processors.
func TestASeedReplaysBitForBit(t *testing.T) {
	options := func(seed uint64) Options { return Options{Seed: seed, Duration: 5_000} }
	const seeds = 4
	var first [seeds]Report
	for i := range first {
		first[i] = Run(options(uint64(i + 1)))
		t.Logf("seed %d: trace %016x, %d events", i+1, first[i].Hash, first[i].Events)
	}
	for _, processors := range []int{1, 4} {
		before := runtime.GOMAXPROCS(processors)
		at := 0
		RunMany(1, seeds, options, func(r *Report) {
			if r.Hash != first[at].Hash || r.Events != first[at].Events || r.Commands != first[at].Commands {
				t.Errorf("seed %d with %d processors: trace %016x, %d events; it was %016x, %d", r.Seed, processors, r.Hash, r.Events, first[at].Hash, first[at].Events)
			}
			at++
		})
		runtime.GOMAXPROCS(before)
	}
}

// TestVolume runs many worlds and prints what went wrong in them, and how much they did.
func TestVolume(t *testing.T) {
	seeds := *seedsFlag
	if seeds == 0 {
		if seeds = 20; raceDetector {
			seeds = 4
		}
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	v := RunMany(*fromFlag, seeds, func(seed uint64) Options { return Options{Seed: seed, Hasty: *hastyFlag} }, func(r *Report) {
		if len(r.Violations) > 0 {
			t.Error(r.String())
		}
	})
	t.Log("\n" + v.String())
	if missing := v.Missing(); seeds >= 200 && (len(missing) > 0 || v.Commands < 1_000_000 || v.FaultCount() < 10_000) {
		t.Errorf("too little happened; faults that never did: %q", missing)
	}
}

package sim

import (
	"flag"
	"testing"
)

var (
	fromFlag = flag.Uint64("from", 1, "first seed of TestWorlds")
	toFlag   = flag.Uint64("to", 30, "last")
)

var seedFlag = flag.Uint64("seed", 0, "the world that TestSeed runs")

func TestSeed(t *testing.T) {
	if *seedFlag == 0 {
		t.Skip("no -seed was given")
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

func TestQuietWorld(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		r := Run(Options{Seed: seed, Client: newSmoke(5), Faults: &Faults{Never: true}, Duration: 10_000})
		t.Log(r.String(), r.Events)
		if len(r.Violations) > 0 {
			t.Fail()
		}
	}
}

func TestWorlds(t *testing.T) {
	for seed := *fromFlag; seed <= *toFlag; seed++ {
		r := Run(Options{Seed: seed})
		if len(r.Violations) > 0 {
			t.Error(r.String())
		}
	}
}

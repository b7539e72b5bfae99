package sim

import (
	"flag"
	"testing"
)

var seedFlag = flag.Uint64("seed", 0, "the world that TestSeed runs")

func TestSeed(t *testing.T) {
	if *seedFlag == 0 {
		t.Skip("no -seed was given")
	}
	r := Run(Options{Seed: *seedFlag, Client: newSmoke(5), Log: func(line string) { t.Log(line) }})
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
	for seed := uint64(1); seed <= 30; seed++ {
		r := Run(Options{Seed: seed, Client: newSmoke(5)})
		if len(r.Violations) > 0 {
			t.Error(r.String())
		}
	}
}

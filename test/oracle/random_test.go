package oracle

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/payhub/payhub/engine/coretest"
)

var (
	seedFlag   = flag.Uint64("seed", 1, "the first seed of random processes")
	randomFlag = flag.Int("random", 0, "how many random processes to record")
)

var randomData = filepath.Join(root, "engine", "testdata", "random")

// TestRecordRandom generates processes from seeds, drives them on Zeebe with random commands, and records model,
// scenario and trace; only with -random N. The core's tests run the same scenarios and compare.
func TestRecordRandom(t *testing.T) {
	if *randomFlag == 0 {
		t.Skip("only with -random N: it records random processes on Zeebe")
	}
	engines := startPool(t, *serversFlag)
	t.Run("seeds", func(t *testing.T) {
		for i := range *randomFlag {
			seed := *seedFlag + uint64(i)
			t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
				t.Parallel()
				b := <-engines
				defer func() { engines <- b }()
				recordRandom(t, b, seed)
			})
		}
	})
}

func recordRandom(t *testing.T, b *Backend, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 0))
	name := fmt.Sprintf("seed-%d", seed)
	model := coretest.Generate(random.IntN)
	write(t, filepath.Join(randomData, name+".bpmn"), model)
	r, err := coretest.NewRunner(b, randomData)
	if err != nil {
		t.Fatal(err)
	}
	deploy := &coretest.Deploy{Files: []string{name + ".bpmn"}}
	if err := r.Step(deploy); err != nil {
		t.Fatal(err)
	}
	steps, err := coretest.Drive(r, random.IntN, 30)
	if err != nil {
		t.Error(err)
	}
	script := &coretest.Script{
		Head:      []string{"# A random process driven by random commands on Zeebe (test/oracle, -random)."},
		Scenarios: []*coretest.Scenario{{Name: name, Steps: append([]*coretest.Step{{Command: deploy}}, steps...)}},
	}
	write(t, filepath.Join(randomData, name+".scn"), coretest.Format(script))
	write(t, filepath.Join(randomData, name+".trace"), r.Trace(name).String())
}

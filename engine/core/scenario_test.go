package core_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/payhub/payhub/engine/coretest"
)

const (
	testdata = "../testdata"
	corpus   = "../../../shared/corpora/payment-hub-ee-flows"
)

// TestScenarios runs the scenarios of single elements and commands and compares with what Zeebe did.
func TestScenarios(t *testing.T) { compareFolder(t, filepath.Join(testdata, "scenarios")) }

// TestFlows runs the scenarios of the flows of Payment Hub EE and compares with what Zeebe did.
func TestFlows(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		t.Skipf("the flows of Payment Hub EE are not there: %v", err)
	}
	compareFolder(t, filepath.Join(testdata, "flows"))
}

// TestRandom runs random processes with the random commands that Zeebe was given, and compares with what it did.
func TestRandom(t *testing.T) { compareFolder(t, filepath.Join(testdata, "random")) }

func compareFolder(t *testing.T, folder string) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.scn"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scenarios in %s: %v", folder, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".scn"), func(t *testing.T) {
			text := read(t, path)
			script, err := coretest.ParseScript(path, text)
			if err != nil {
				t.Fatal(err)
			}
			tracePath := strings.TrimSuffix(path, ".scn") + ".trace"
			traces, err := coretest.ParseTraces(tracePath, read(t, tracePath))
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range script.Scenarios {
				t.Run(s.Name, func(t *testing.T) { compare(t, path, s, traces[s.Name]) })
			}
		})
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// knownDifferences are the scenarios in which the core does not do what Zeebe does, and why. One that no longer differs
// must leave the list.
var knownDifferences = map[string]string{
	"TestScenarios/variables/values": "numbers keep the text they came with (10.50, 1e3): Zeebe makes doubles of them, " +
		"which loses digits of amounts",
	"TestScenarios/sub_process/boundary-key-missing":               subProcessSubscribes,
	"TestScenarios/sub_process/boundary-key-missing-and-cancelled": subProcessSubscribes,
	"TestRandom/seed-1023/seed-1023":                               subProcessSubscribes,
	"TestScenarios/deploy/several": "elements that are still to come are refused with our own text, and a condition on a " +
		"flow from another node than a gateway is not reported beside other errors",
	"TestScenarios/deploy/flow-target": "a flow to nowhere is told by element; Zeebe stops at its XML schema",
}

const subProcessSubscribes = "a sub-process opens its boundary events before it is activated; Zeebe opens them when its " +
	"start event completes, and an incident of doing so is the start event's"

func compare(t *testing.T, path string, s *coretest.Scenario, want *coretest.Trace) {
	if want == nil {
		t.Fatalf("%s: no trace is recorded; run the tests of test/oracle with -update", path)
	}
	b := &backend{}
	r, err := coretest.NewRunner(b, filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	r.Corpus = corpus
	mismatches, err := r.Run(s, false)
	differences := coretest.CompareTraces(want, r.Trace(s.Name))
	for _, m := range mismatches {
		differences = append(differences, m.Error())
	}
	if err != nil {
		differences = append(differences, err.Error())
	}
	if reason, ok := knownDifferences[t.Name()]; ok {
		if len(differences) == 0 {
			t.Errorf("does what Zeebe does now: take it off the list of known differences")
		}
		t.Logf("differs from Zeebe: %s", reason)
		return
	}
	for _, line := range differences {
		t.Errorf("%s: %s", path, line)
	}
}

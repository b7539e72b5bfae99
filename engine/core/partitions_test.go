package core_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/payhub/payhub/engine/coretest"
)

// TestScenariosOnThreePartitions runs the scenarios that were recorded on one partition of Zeebe on three of ours, over a
// perfect network and over one with every fault: every instance comes to the same.
func TestScenariosOnThreePartitions(t *testing.T) {
	for _, folder := range []string{"scenarios", "random"} {
		t.Run(folder, func(t *testing.T) {
			paths, err := filepath.Glob(filepath.Join(testdata, folder, "*.scn"))
			if err != nil || len(paths) == 0 {
				t.Fatalf("no scenarios: %v", err)
			}
			for i, path := range paths {
				name := strings.TrimSuffix(filepath.Base(path), ".scn")
				if _, race := races["random/"+name+"/"+name]; folder == "random" && !race && (i%4 != 0 || testing.Short() && i%16 != 0) {
					continue // all of them come to the same; a part is enough for every day
				}
				t.Run(name, func(t *testing.T) {
					script, err := coretest.ParseScript(path, read(t, path))
					if err != nil {
						t.Fatal(err)
					}
					for i, s := range script.Scenarios {
						t.Run(s.Name, func(t *testing.T) {
							_, full, _ := strings.Cut(t.Name(), "/")
							differs := differences(path, s, newWorld(3, 1, faults{}))
							differs = append(differs, differences(path, s, newWorld(3, uint64(i)+2, faults{lose: 20, repeat: 20, crash: 5}))...)
							reason, race := races[full]
							if race && len(differs) == 0 {
								t.Error("comes to the same now: take it off the list of races")
							}
							for _, line := range differs {
								if race {
									t.Logf("%s: %s", reason, line)
								} else {
									t.Error(line)
								}
							}
						})
					}
				})
			}
		})
	}
}

// races are the scenarios that come to something else on several partitions, and why that is right. One that no longer
// differs must leave the list.
var races = map[string]string{
	"scenarios/event_based_gateway/both-buffered": "the message that comes second meets a subscription that its instance has closed: " +
		"the closing arrives before the message is given back",
	"scenarios/message/every-process-that-waits": "two instances take the message, each at its own partition, in any order",
	"scenarios/sub_process/boundary-key-missing": subProcessSubscribes,
	"random/seed-1023/seed-1023":                 subProcessSubscribes,
	"random/seed-1019/seed-1019":                 "of two buffered messages the one that ends the instance is first: the other one goes back",
	"random/seed-12/seed-12":                     "the instance closes its subscription before it is confirmed",
	"random/seed-41/seed-41":                     "only the order of what happens at two partitions differs",
}

// differences compares what a world comes to with what one partition comes to.
func differences(path string, s *coretest.Scenario, w *world) []string {
	want, wantErr := traceOf(&backend{}, path, s)
	got, err := traceOf(w, path, s)
	switch {
	case wantErr != nil:
		return []string{"one partition: " + wantErr.Error()}
	case err != nil:
		return []string{err.Error()}
	}
	return coretest.CompareTraces(want, got)
}

func traceOf(b coretest.Backend, path string, s *coretest.Scenario) (*coretest.Trace, error) {
	r, err := coretest.NewRunner(b, filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	r.Corpus = corpus
	if _, err := r.Run(s, false); err != nil {
		return nil, err
	}
	return r.Trace(s.Name), nil
}

package core_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/coretest"
	"github.com/payhub/payhub/engine/state"
)

// TestRandomProcessesOnManyPartitions drives random processes with random commands on two to five partitions over a
// faulty network whose mail crosses the commands, and checks what must hold: everything ends, nothing is left behind
// at any partition, and every log gives its state again.
func TestRandomProcessesOnManyPartitions(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		pick := picker(t)
		model := coretest.Generate(pick)
		path := filepath.Join(folder, "random.bpmn")
		if err := os.WriteFile(path, []byte(model), 0o600); err != nil {
			t.Fatal(err)
		}
		w := newWorld(int32(2+pick(4)), uint64(pick(1<<20)), faults{lose: 15 * pick(3), repeat: 15 * pick(3), crash: 3 * pick(3)})
		w.limits = core.Limits{MaxRecords: []int{0, 1, 3, 20}[pick(4)]}
		r, err := coretest.NewRunner(w, folder)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Step(&coretest.Deploy{Files: []string{"random.bpmn"}}); err != nil {
			t.Fatal(err)
		}
		var deployed []map[string]string
		for _, m := range w.members {
			deployed = append(deployed, rows(m.store))
		}
		w.hasty = pick(10)
		steps, err := coretest.Drive(r, pick, 40)
		describe := func() string { return script(steps) + "\n" + model }
		if err != nil {
			t.Fatalf("%v\n%s", err, describe())
		}
		w.hasty = 0
		if err := finish(r); err != nil {
			t.Fatalf("%v\n%s", err, describe())
		}
		if err := w.check(r.Model, deployed); err != nil {
			t.Fatalf("%v\n%s", err, describe())
		}
	})
}

// check says what does not hold after everything has ended.
func (w *world) check(model *coretest.Model, deployed []map[string]string) error {
	for i, m := range w.members {
		if err := check(&backend{store: m.store, log: m.log}, model, lasting(m, deployed[i])); err != nil {
			return fmt.Errorf("partition %d: %w", m.id, err)
		}
	}
	return nil
}

// lasting are the rows that may be there in the end: those of the deployment, and what counts mail.
func lasting(m *member, deployed map[string]string) map[string]string {
	may := maps.Clone(deployed)
	for key, value := range rows(m.store) {
		if state.Lasting(key[0]) {
			may[key] = value
		}
	}
	return may
}

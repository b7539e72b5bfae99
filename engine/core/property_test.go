package core_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/coretest"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// TestRandomProcesses drives random processes with random commands and checks what must hold for every one of them.
func TestRandomProcesses(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		pick := picker(t)
		model := coretest.Generate(pick)
		path := filepath.Join(folder, "random.bpmn")
		if err := os.WriteFile(path, []byte(model), 0o600); err != nil {
			t.Fatal(err)
		}
		b := &backend{checked: true, hasty: pick(2) == 1, limits: core.Limits{MaxRecords: []int{0, 1, 3, 20}[pick(4)]}}
		r, err := coretest.NewRunner(b, folder)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Step(&coretest.Deploy{Files: []string{"random.bpmn"}}); err != nil {
			t.Fatal(err)
		}
		if answer := r.Section("answer")[0]; answer[:2] != "ok" {
			t.Fatalf("%s\n%s", answer, model)
		}
		deployed := rows(b.store)
		steps, err := coretest.Drive(r, pick, 40)
		describe := func() string { return script(steps) + "\n" + model }
		if err != nil {
			t.Fatalf("%v\n%s", err, describe())
		}
		if err := finish(r); err != nil {
			t.Fatalf("%v\n%s", err, describe())
		}
		if err := check(b, r.Model, deployed); err != nil {
			t.Fatalf("%v\n%s", err, describe())
		}
	})
}

func picker(t *rapid.T) coretest.Choice {
	ints := map[int]*rapid.Generator[int]{}
	return func(n int) int {
		if ints[n] == nil {
			ints[n] = rapid.IntRange(0, n-1)
		}
		return ints[n].Draw(t, "")
	}
}

func script(steps []*coretest.Step) string {
	return coretest.Format(&coretest.Script{Scenarios: []*coretest.Scenario{{Name: "random", Steps: steps}}})
}

// finish cancels what still runs and lets messages expire.
func finish(r *coretest.Runner) error {
	if err := r.Step(&coretest.Advance{By: 1e6}); err != nil { // what was put off
		return err
	}
	for _, e := range slices.Clone(r.Model.Instances()) {
		if e.Type == "PROCESS" && e.Active && e.Process == "random" {
			if err := r.Step(&coretest.Cancel{Instance: e.Name}); err != nil {
				return err
			}
		}
	}
	return r.Step(&coretest.Advance{By: 100 * 3600e9})
}

// check says what does not hold after everything has ended.
func check(b *backend, m *coretest.Model, deployed map[string]string) error {
	for _, e := range m.Instances() {
		if e.Active {
			return fmt.Errorf("%s %s has neither completed nor terminated", e.Type, e.Name)
		}
	}
	if jobs := m.OpenJobs(); len(jobs) > 0 {
		return fmt.Errorf("the job of %s is still open", jobs[0].Instance.Name)
	}
	if incidents := m.OpenIncidents(); len(incidents) > 0 {
		return fmt.Errorf("the incident at %s is still open", incidents[0].Instance.Name)
	}
	if err := nothingLeft(b.store, deployed); err != nil {
		return err
	}
	return replay(b)
}

// nothingLeft checks that there are no other rows than those that were there after the deployment.
func nothingLeft(store *state.Memory, deployed map[string]string) error {
	for key := range rows(store) {
		if _, ok := deployed[key]; !ok {
			return fmt.Errorf("a row is left: %q", key)
		}
	}
	return nil
}

// replay applies the log to empty stores, as one run and going on from what lay in the middle of it, and compares with
// the state.
func replay(b *backend) error {
	want := rows(b.store)
	for _, from := range []int{0, len(b.log) / 2} {
		store := state.NewMemory()
		for i, coded := range b.log {
			if i == from {
				snapshot := state.NewMemory()
				for _, key := range slices.Sorted(keys(rows(store))) {
					snapshot.Apply([]record.Row{{Op: record.RowPut, Key: []byte(key), Value: []byte(rows(store)[key])}})
				}
				store = snapshot
			}
			changes, err := record.DecodeRows(coded)
			if err != nil {
				return err
			}
			store.Apply(changes)
		}
		if got := rows(store); !equal(got, want) {
			return fmt.Errorf("replay from batch %d: %d rows, the state has %d or other ones", from, len(got), len(want))
		}
	}
	return nil
}

func keys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func equal(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || w != v {
			return false
		}
	}
	return true
}

// rows is a copy of a store.
func rows(store *state.Memory) map[string]string {
	out := map[string]string{}
	store.Scan([]byte{0}, []byte{255}, func(key, value []byte) bool {
		out[string(key)] = string(value)
		return true
	})
	return out
}

// verify checks one decision against what must hold for each: another core that has just been made over the same state
// decides the same (a leader that takes over, a restart), positions have no gap, the batch is chained to the one before
// it, and its coded form says the same again.
func (b *backend) verify(in core.Input, out core.Output) error {
	twin := core.New(1, 1, b.store, b.limits).Decide(in)
	coded := out.Batch.Append(nil)
	if twin.Batch == nil || !bytes.Equal(twin.Batch.Append(nil), coded) {
		return fmt.Errorf("a new core over the same state decides something else")
	}
	decoded, err := record.DecodeBatch(coded)
	if err != nil {
		return err
	}
	if !bytes.Equal(decoded.Append(nil), coded) {
		return fmt.Errorf("the batch is not written as it is read")
	}
	if out.Batch.Previous != b.core.Hash() {
		return fmt.Errorf("the batch is not chained to the one before it")
	}
	next := out.Batch.FirstPosition
	if next != b.next {
		return fmt.Errorf("the batch begins at position %d, not at %d", next, b.next)
	}
	for i := range out.Batch.Records {
		r := &out.Batch.Records[i]
		if r.Position != next {
			return fmt.Errorf("record %s at position %d, not at %d", r.ValueType, r.Position, next)
		}
		next += r.Span()
	}
	b.next = next
	return nil
}

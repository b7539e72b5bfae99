package core_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/payhub/payhub/engine/core"
	"github.com/payhub/payhub/engine/coretest"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// newStore is a store with these rows.
func newStore(rows map[string]string) *state.Memory {
	m := state.NewMemory()
	for key, value := range rows {
		m.Apply([]record.Row{{Op: record.RowPut, Key: []byte(key), Value: []byte(value)}})
	}
	return m
}

func TestCheckpointsGrow(t *testing.T) {
	w := newCluster(t, 2)
	for _, c := range []struct {
		number int64
		want   string
		then   int64
	}{{0, "ALREADY_EXISTS", 0}, {5, "CREATED", 5}, {5, "ALREADY_EXISTS", 5}, {4, "ALREADY_EXISTS", 5}, {6, "CREATED", 6}} {
		got := w.answered(1, record.CheckpointCreate, &record.Checkpoint{Number: c.number})
		if then := w.member(1).core.Checkpoint(); got != c.want || then != c.then {
			t.Errorf("checkpoint %d: %s, then %d; want %s, then %d", c.number, got, then, c.want, c.then)
		}
	}
	out, err := w.decide(w.member(1), core.Command{RequestID: 901, Record: record.NewCommand(-1, record.CheckpointCreate, &record.Checkpoint{Number: 7})},
		core.Command{RequestID: 902, Record: record.NewCommand(-1, record.CheckpointCreate, &record.Checkpoint{Number: 8})})
	if err != nil || out.Checkpoint != 7 || w.answers[902].RejectionType != record.InvalidState {
		t.Errorf("two in one decision: %d is made, the other one: %+v, %v", out.Checkpoint, w.answers[902], err)
	}
}

// Mail of a later checkpoint has its receiver take that first: the mail is not in it.
func TestMailOfALaterCheckpointWaitsForIt(t *testing.T) {
	p := newPost(t, core.Limits{})
	p.receive(mail(1, 1, 0))
	answer, out := p.receive(mail(2, 2, 9))
	v := answer.Value.(*record.Delivery)
	if out.Checkpoint != 9 || v.Through != 1 || v.Checkpoint != 9 || len(p.took()) != 1 {
		t.Errorf("first: checkpoint %d is made, answer %+v, took %v", out.Checkpoint, v, p.took())
	}
	answer, out = p.receive(mail(2, 2, 9))
	if v := answer.Value.(*record.Delivery); out.Checkpoint != 0 || v.Through != 2 || len(p.took()) != 2 {
		t.Errorf("again: checkpoint %d is made, answer %+v, took %v", out.Checkpoint, v, p.took())
	}
}

// In the decision that makes a checkpoint, by whatever, no mail of that checkpoint is taken.
func TestNoMailIsTakenBesideItsCheckpoint(t *testing.T) {
	p := newPost(t, core.Limits{})
	out, err := p.decide(p.m, core.Command{Record: record.NewCommand(-1, record.CheckpointCreate, &record.Checkpoint{Number: 9})},
		core.Command{RequestID: 77, Record: record.NewCommand(-1, record.DeliveryReceive, mail(1, 1, 9))},
		core.Command{RequestID: 78, Record: record.NewCommand(-1, record.DeliveryReceive, mail(1, 1, 8))})
	if err != nil || out.Checkpoint != 9 {
		t.Fatal(out.Checkpoint, err)
	}
	if late, early := p.answers[77].Value.(*record.Delivery), p.answers[78].Value.(*record.Delivery); late.Through != 0 || early.Through != 1 {
		t.Errorf("of checkpoint 9: through %d, of checkpoint 8: through %d", late.Through, early.Through)
	}
}

// TestACheckpointIsAConsistentCut drives random processes on several partitions over a faulty network, takes a
// checkpoint in the middle of it, at one partition after the other, and starts a new cluster from what was kept: no mail
// is lost or taken twice, everything comes to its end and nothing is left behind.
func TestACheckpointIsAConsistentCut(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		pick := picker(t)
		path := filepath.Join(folder, "random.bpmn")
		if err := os.WriteFile(path, []byte(coretest.Generate(pick)), 0o600); err != nil {
			t.Fatal(err)
		}
		w := newWorld(int32(2+pick(3)), uint64(pick(1<<20)), faults{lose: 15 * pick(3), repeat: 15 * pick(3), crash: 3 * pick(3)})
		w.limits = core.Limits{MaxRecords: []int{0, 1, 20}[pick(3)]}
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
		w.hasty = 1 + pick(6)
		w.cut = 1 + pick(30)
		if _, err := coretest.Drive(r, pick, 30); err != nil {
			t.Fatal(err)
		}
		if err := w.cutAll(); err != nil {
			t.Fatal(err)
		}
		if err := w.restored().ends(deployed, w.roots()); err != nil {
			t.Fatal(err)
		}
	})
}

// cutAll takes checkpoint 1 wherever mail has not taken it.
func (w *world) cutAll() error {
	for _, m := range w.members {
		if m.kept == nil {
			if _, err := w.decide(m, core.Command{Record: record.NewCommand(-1, record.CheckpointCreate, &record.Checkpoint{Number: 1})}); err != nil {
				return err
			}
		}
	}
	return nil
}

// restored is a world that starts from the checkpoint.
func (w *world) restored() *world {
	again := newWorld(w.count, 7, faults{})
	again.now, again.answers = w.now, map[uint64]record.Record{}
	for _, m := range w.members {
		copied := &member{id: m.id, store: newStore(m.kept)}
		again.members = append(again.members, copied)
		again.lead(copied)
	}
	return again
}

// roots are the process instances that were ever there and that nobody called.
func (w *world) roots() (keys []int64) {
	for i := range w.records {
		r := &w.records[i]
		if r.Event("PROCESS_INSTANCE") && r.Intent == "ELEMENT_ACTIVATING" && r.Text("bpmnElementType") == "PROCESS" && r.Int("parentProcessInstanceKey") < 0 {
			keys = append(keys, r.Key)
		}
	}
	return keys
}

// ends has everything in a world end, these instances among it, and says what is wrong then.
func (w *world) ends(deployed []map[string]string, roots []int64) error {
	for _, m := range w.members {
		for _, other := range w.members {
			sent, taken := state.NewView(m.store, state.NewDefinitions()).Posted(other.id), state.NewView(other.store, state.NewDefinitions()).Received(m.id)
			if sent.Last < taken || sent.Acknowledged > taken {
				return fmt.Errorf("partition %d has sent %d through %d and taken out of its outbox %d; it has %d", m.id, other.id, sent.Last, sent.Acknowledged, taken)
			}
		}
	}
	if err := w.settle(); err != nil {
		return err
	}
	for _, key := range append(roots, w.roots()...) {
		cancel := record.NewCommand(key, record.ProcessInstanceCancel, &record.ProcessInstance{})
		if _, err := w.ask(record.PartitionOf(key), cancel); err != nil {
			return err
		}
	}
	if err := w.Advance(100 * 3600e9); err != nil {
		return err
	}
	for i, m := range w.members {
		if err := nothingLeft(m.store, lasting(m, deployed[i])); err != nil {
			return fmt.Errorf("partition %d: %w", m.id, err)
		}
	}
	return nil
}
